package scheduler

import "metronome/workloads"

// Match looks up how much of s, which waits, is cached already: s then has that
// much less to prefill, but never less than one token. It costs O(blocks of s)
// if prefixes are cached.
func (b *Batch) Match(s *Sequence) {
	if b.pool == nil || s.fetched {
		return
	}
	s.named, s.blocks = s.named[:0], 0
	names := s.names(b.blockSize)
	for range (s.target - 1) / b.blockSize {
		key, ok := names.next()
		found := b.pool.cached[key]
		if !ok || found == nil {
			break
		}
		s.named = append(s.named, found)
		if found.refs > 0 {
			s.blocks++ // in use already: s needs no free block for it
		}
	}
	s.cached = len(s.named) * b.blockSize
}

// takeMatch makes s, which is being admitted, hold the blocks it was matched with.
func (b *Batch) takeMatch(s *Sequence) {
	for _, found := range s.named {
		if b.pool.hold(found) {
			b.used++
		}
	}
	s.blocks = len(s.named)
	s.Reused = s.cached
}

// nameBlocks makes the blocks of s that its first tokens fill known by them.
func (b *Batch) nameBlocks(s *Sequence, tokens int) {
	if b.pool == nil {
		return
	}
	names := s.names(b.blockSize)
	for i := range tokens / b.blockSize {
		key, ok := names.next()
		if !ok {
			return
		}
		if i >= len(s.named) {
			s.named = append(s.named, b.pool.name(key))
		}
	}
}

// returnBlocks gives back the blocks of s.
func (b *Batch) returnBlocks(s *Sequence) {
	b.Release(KV{s.blocks, s.named})
	s.named = s.named[:0]
}

// names yields the keys of the blocks of a sequence, in order.
type names struct {
	segments  []workloads.Segment // from the one that the next block may end in
	before    int                 // tokens of the segments before
	own       uint64              // stream of the tokens that the prefix leaves out; 0 if nobody asks for them
	blockSize int
	index     int // of the next block
}

// names returns the keys of the blocks of s. What no other request has in
// common with s is only asked for by s itself, after a preemption.
func (s *Sequence) names(blockSize int) names {
	n := names{blockSize: blockSize}
	if s.Prefix != nil {
		n.segments = s.Prefix.Segments
	}
	if s.Preemptions > 0 {
		n.own = s.stream()
	}
	return n
}

// stream names the tokens of s that no other request has in common with it.
func (s *Sequence) stream() uint64 { return 1<<63 | uint64(s.ID) }

// next returns the key of the next block: it is named by the stream of its last
// token. It returns false where blocks have no names any more.
func (n *names) next() (key blockKey, ok bool) {
	end := (n.index + 1) * n.blockSize
	for len(n.segments) > 0 && n.before+n.segments[0].Tokens < end {
		n.before += n.segments[0].Tokens
		n.segments = n.segments[1:]
	}
	key = blockKey{n.own, n.index}
	if len(n.segments) > 0 {
		key.stream = n.segments[0].Stream
	}
	n.index++
	return key, len(n.segments) > 0 || n.own != 0
}
