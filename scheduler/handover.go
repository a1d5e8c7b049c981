package scheduler

import "slices"

// A KV is blocks of a cache that hold the tokens of a sequence.
type KV struct {
	blocks int
	named  []*block // of them, the first ones, whose tokens the prefix cache knows
}

// Release gives back the blocks of a KV, the last one first.
func (c *Cache) Release(kv KV) {
	c.give(kv.blocks - len(kv.named))
	for _, b := range slices.Backward(kv.named) {
		if c.pool.drop(b) {
			c.used--
		}
	}
}

// Detach takes its blocks from s, which is done here and decodes elsewhere. They
// are to be released once they have been copied.
func (b *Batch) Detach(s *Sequence) KV {
	kv := KV{s.blocks, slices.Clone(s.named)}
	s.blocks, s.named, s.Tally = 0, s.named[:0], nil
	b.endRetention()
	return kv
}

// Reserve takes a slot, and the blocks for all that s had cached where it was
// prefilled, and returns how many of these tokens are not in this cache already.
// It reports false, and takes nothing, if there is no room for them.
func (b *Batch) Reserve(s *Sequence) (missing int, ok bool) {
	tokens := s.cached
	b.Match(s)
	ok = b.Slot() && b.Fits(s, tokens)
	if ok {
		missing = tokens
		if b.pool != nil {
			missing -= s.cached
			b.takeMatch(s)
		}
		b.Hold(s, tokens)
		b.reserved++
	} else {
		s.blocks, s.named = 0, s.named[:0]
	}
	s.cached = tokens
	return missing, ok
}

// Forgo gives back what was reserved for s, which does not come.
func (b *Batch) Forgo(s *Sequence) {
	b.reserved--
	b.returnBlocks(s)
	s.blocks = 0
}

// Join lets s, whose reserved blocks have been filled, decode from the next
// iteration on. Nothing must have been planned.
func (b *Batch) Join(s *Sequence) {
	b.reserved--
	b.link(s)
	b.nameBlocks(s, s.cached)
	b.join(s, true)
}
