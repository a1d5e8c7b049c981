package scheduler

import "slices"

// offload copies the blocks of s that its first tokens fill to the host, and makes
// all of them the most recently used there, the first one last. It costs O(blocks of
// s) whenever a block is filled, and nothing without a second tier.
func (b *Batch) offload(s *Sequence, tokens int) {
	full := tokens / b.blockSize
	if b.host == nil || full <= s.stored || full-s.stored > b.host.size {
		return
	}
	names := s.names(b.blockSize)
	names.own = s.stream()
	keys := b.host.keys[:0]
	for range full {
		key, _ := names.next()
		keys = append(keys, key)
	}
	for _, key := range keys[s.stored:] {
		b.host.add(key)
	}
	for _, key := range slices.Backward(keys) {
		b.host.touch(key)
	}
	b.host.keys, s.stored = keys, full
}

// offloadStep copies the blocks that a step has filled. It costs O(batch).
func (b *Batch) offloadStep() {
	if b.host == nil {
		return
	}
	for s := range b.Members {
		if cached := b.Context(s) + 1; s.decoding && cached%b.blockSize == 0 {
			b.offload(s, cached)
		}
	}
}

// Offloaded returns how many tokens of s, which has just been matched, the host holds
// beyond those that the GPU does.
func (b *Batch) Offloaded(s *Sequence) int {
	if b.host == nil || s.fetched {
		return 0
	}
	names, have, more := s.names(b.blockSize), len(s.named), 0
	for i := range (s.target - 1) / b.blockSize {
		key, ok := names.next()
		if i < have {
			continue
		}
		if !ok || !b.host.holds(key) {
			break
		}
		more++
	}
	return more * b.blockSize
}

// Fetch lets s, which waits and was matched, take the blocks for as many tokens from
// the host. Whoever runs the batch takes it from Fetches, and ends what it begins by
// Fetched. There must be room for the blocks.
func (b *Batch) Fetch(s *Sequence, tokens int) {
	b.takeMatch(s)
	b.Hold(s, s.cached+tokens)
	s.fetched, s.coming = true, tokens
	b.holding = append(b.holding, s)
	b.fetches = append(b.fetches, s)
}

// Fetches calls yield for the sequences whose fetch begins with this plan, and how
// many tokens that is, in order.
func (b *Batch) Fetches(yield func(s *Sequence, tokens int) bool) {
	for _, s := range b.fetches {
		if !yield(s, s.coming) {
			break
		}
	}
	b.fetches = b.fetches[:0]
}

// Fetched ends the fetch of s, which the policy is to be handed again: it waits with
// that much less to prefill.
func (b *Batch) Fetched(s *Sequence) {
	s.cached += s.coming
	s.coming = 0
	s.Reused = s.cached
	b.nameBlocks(s, s.cached)
}

// Drop gives back what s, which is not admitted, has fetched, if anything.
func (b *Batch) Drop(s *Sequence) {
	if !s.fetched {
		return
	}
	b.returnBlocks(s)
	b.holding = remove(b.holding, s)
	s.blocks, s.cached, s.coming, s.fetched = 0, 0, 0, false
}

// yield makes the sequences that wait with what they have fetched give it back, but
// for s and those whose fetch is under way. It reports whether there were any.
func (b *Batch) yield(s *Sequence) (gaveBack bool) {
	for _, h := range slices.Clone(b.holding) {
		if h != s && h.coming == 0 {
			b.Drop(h)
			gaveBack = true
		}
	}
	return gaveBack
}
