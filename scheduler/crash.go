package scheduler

import (
	"fmt"
	"time"

	"metronome/hardware"
)

// Cancel ends the planned iteration, of which nothing comes. All sequences must
// have been aborted.
func (b *Batch) Cancel() {
	b.Settle()
	b.chunks, b.decoding, b.shape = b.chunks[:0], false, hardware.Shape{}
	if b.running+b.reserved+b.size > 0 {
		panic(fmt.Sprintf("scheduler: %v is canceled with %d reserved", b, b.reserved))
	}
}

// Forget makes the tokens of all blocks unknown, as after a loss of memory. None
// must be in use.
func (c *Cache) Forget() {
	if c.used != 0 {
		panic(fmt.Sprintf("scheduler: a cache is cleared with %d of %d blocks in use", c.used, c.blocks))
	}
	if c.pool != nil {
		c.pool = c.pool.renewed()
	}
	if c.host != nil {
		c.host = newHost(c.host.size)
	}
}

// Restart makes s, which is in no batch, begin anew on another replica: it has to
// prefill its prompt and what it has of its reply. If it has any, policies take it
// for one that was preempted.
func (s *Sequence) Restart() {
	s.Retries++
	if s.Emitted > 0 {
		s.Preemptions++
	}
	s.blocks, s.cached, s.stored, s.target = 0, 0, 0, s.PromptTokens+s.Emitted
	s.named, s.Tally = s.named[:0], nil
}

// Times returns when the output tokens of s, which is in no batch, were produced,
// and the longest gap between two of them. The slice is valid until s is reset.
func (s *Sequence) Times() (own []time.Duration, longest time.Duration) { return s.own, s.longest }
