// Package scheduler forms batches: it decides what each iteration computes.
//
// There are only a few types: a Sequence is a request on a replica, a Batch
// holds the admitted ones and the plan of the next iteration, a Policy makes
// the plan, and a Router picks the replica.
package scheduler

import (
	"fmt"
	"time"

	"metronome/hardware"
)

// A Batch is the set of sequences admitted to a replica, with the KV blocks
// they hold and the plan of the next iteration.
//
// A plan names only what changes. Its cost is bounded by the admissions,
// chunks and preemptions it makes, not by the number of sequences.
type Batch struct {
	Now time.Duration // when the iteration that is being planned starts

	*Cache
	slots int

	retained int // blocks of finished sequences; see Retain
	retain   bool
	running  int
	reserved int         // see Reserve
	queued   bool        // see Queue
	leaving  []*Sequence // done, but not released yet
	holding  []*Sequence // not admitted, but hold what they fetch from the host
	fetches  []*Sequence // of them, those whose fetch begins with the plan
	admitted int         // so far
	newest   *Sequence
	cohort

	prefilling []*Sequence
	chunks     []chunk
	decoding   bool
	shape      hardware.Shape
	preempted  int
	victims    []int // who was, since the latest iteration ended

	progress Progress
	ending   []*Sequence
}

type chunk struct {
	seq    *Sequence
	tokens int
}

// NewBatch returns an empty batch over a cache, for at most slots sequences at
// once.
func NewBatch(c *Cache, slots int) *Batch {
	c.batches++
	b := &Batch{Cache: c, slots: slots}
	b.opens = make([]int, c.blockSize)
	return b
}

// Running returns the number of admitted sequences that are not done.
func (b *Batch) Running() int { return b.running }

// Decodes returns the number of sequences that are decoding.
func (b *Batch) Decodes() int { return b.size }

// Prefilling returns the admitted sequences that are not wholly cached, oldest first.
func (b *Batch) Prefilling() []*Sequence { return b.prefilling }

// Newest returns the sequence admitted last, or nil.
func (b *Batch) Newest() *Sequence { return b.newest }

// Shape returns the shape of the planned iteration. It is kept in place and not to be
// changed.
func (b *Batch) Shape() *hardware.Shape { return &b.shape }

// Preempted returns the number of preemptions of the plan.
func (b *Batch) Preempted() int { return b.preempted }

// Context returns the tokens that s has cached.
func (b *Batch) Context(s *Sequence) int {
	if s.decoding {
		return s.base + b.step
	}
	return s.cached
}

// emitted returns the output tokens that s, which decodes, has produced.
func (b *Batch) emitted(s *Sequence) int { return s.Emitted + b.step - s.joined }

// Members calls yield for every admitted sequence, newest first. It costs
// O(batch), which only the policy that asks for it pays.
func (b *Batch) Members(yield func(*Sequence) bool) {
	for s := b.newest; s != nil && yield(s); s = s.older {
	}
}

// Slot reports whether another sequence can be admitted.
func (b *Batch) Slot() bool { return b.running+len(b.leaving)+b.reserved < b.slots }

// Fits reports whether the cache can hold the given number of tokens of s in
// all, beside what the other sequences hold and the plan has taken.
func (b *Batch) Fits(s *Sequence, tokens int) bool {
	return b.used+b.BlocksFor(tokens)-s.blocks <= b.blocks
}

// Admit gives s a slot. Blocks are taken by Hold, Prefill and Decode.
func (b *Batch) Admit(s *Sequence) {
	if s.Admitted == Never {
		s.Admitted = b.Now
	}
	b.link(s)
	b.prefilling = append(b.prefilling, s)
	if s.fetched {
		s.fetched, b.holding = false, remove(b.holding, s)
	} else if b.pool != nil {
		b.takeMatch(s)
	}
}

// link puts s at the end of the order of admission.
func (b *Batch) link(s *Sequence) {
	b.running++
	b.admitted++
	s.order = b.admitted
	s.older, s.newer = b.newest, nil
	if s.older != nil {
		s.older.newer = s
	}
	b.newest = s
}

// Hold takes the blocks that the given number of tokens of s need in all. A
// sequence that holds more than it has cached when it starts to decode opens
// no blocks later: it must hold all it will ever need.
func (b *Batch) Hold(s *Sequence, tokens int) {
	if n := b.BlocksFor(tokens); n > s.blocks {
		b.take(n - s.blocks)
		s.blocks = n
	}
}

// Prefill plans up to limit tokens of s, takes the blocks they need and returns
// how many it planned. The cache must have room for them.
func (b *Batch) Prefill(s *Sequence, limit int) int {
	n := min(limit, s.Remaining())
	if n <= 0 {
		return 0
	}
	b.Hold(s, s.cached+n)
	b.nameBlocks(s, s.cached+n)
	b.chunks = append(b.chunks, chunk{s, n})
	b.shape.Chunk(n, s.cached)
	return n
}

// Shortfall returns how many blocks Decode would lack, or a number below 1.
func (b *Batch) Shortfall() int { return b.used + b.demand() - b.blocks }

// Decode plans one output token for every decoding sequence.
func (b *Batch) Decode() {
	b.decoding = b.size > 0
	b.take(b.demand())
	b.shape.Decodes = b.size
	b.shape.DecodeContext = b.context
}

// Split tells that the planned iteration takes several passes through the model, some
// of them for one token alone.
func (b *Batch) Split(passes, alone int) { b.shape.Passes, b.shape.LonePasses = passes, alone }

// Preempt takes s out of the batch and the plan. Its blocks are freed, and what
// it has produced becomes part of what it has to prefill. A chunk of s must not
// have been planned.
func (b *Batch) Preempt(s *Sequence) {
	for _, c := range b.chunks {
		if c.seq == s {
			panic(fmt.Sprintf("scheduler: sequence %d is preempted after %d tokens of it were planned", s.ID, c.tokens))
		}
	}
	b.preempted++
	b.victims = append(b.victims, s.ID)
	s.Preemptions++
	b.evict(s)
	s.blocks, s.cached, s.target = 0, 0, s.PromptTokens+s.Emitted
}

// Abort takes s, which its client has given up, out of the batch. Nothing must
// have been planned, unless the plan is canceled.
func (b *Batch) Abort(s *Sequence) { b.evict(s) }

func (b *Batch) evict(s *Sequence) {
	if s.decoding {
		b.unplanDecode(s)
		s.blocks = b.held(s)
		b.leave(s)
	} else {
		b.prefilling = remove(b.prefilling, s)
	}
	b.nameBlocks(s, s.cached)
	b.returnBlocks(s)
	b.unlink(s)
	b.endRetention()
}

func (b *Batch) unplanDecode(s *Sequence) {
	if !b.decoding {
		return
	}
	b.shape.Decodes--
	b.shape.DecodeContext -= b.Context(s)
	b.decoding = b.shape.Decodes > 0
	if b.opensNow(s) {
		b.give(1)
	}
}

// Queue makes the batch that of an engine that plans an iteration while the one
// before it runs (asynchronous scheduling): a sequence that is done keeps its
// slot and its blocks for one more plan.
func (b *Batch) Queue() { b.queued = true }

// Settle releases the sequences that were done before the latest plan, and
// makes room for another plan in place of one that found nothing to do.
func (b *Batch) Settle() {
	for _, s := range b.leaving {
		b.free(s)
	}
	b.leaving, b.preempted = b.leaving[:0], 0
}

// Retain makes finished sequences keep their blocks until no sequence is left.
func (b *Batch) Retain() { b.retain = true }

// held returns the blocks of s, a member of the cohort.
func (b *Batch) held(s *Sequence) int {
	if s.open {
		return b.BlocksFor(s.base + b.step)
	}
	return s.blocks
}

// String shows the sums, for the message of a broken invariant.
func (b *Batch) String() string {
	return fmt.Sprintf("batch of %d running, %d decoding, %d prefilling, %d of %d blocks used",
		b.running, b.size, len(b.prefilling), b.used, b.blocks)
}
