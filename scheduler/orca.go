package scheduler

import "fmt"

func init() {
	Register(Kind{
		Name: "orca", Doc: "Orca: iteration-level scheduling, whole prompts beside the decodes, memory reserved for life",
		New: func(Limits) Policy { return new(Orca) },
	})
}

// Orca is iteration-level scheduling (Orca, OSDI 2022): a sequence joins as soon
// as a slot with room for its longest reply is free, and its whole prompt runs
// beside the decodes. There is no token budget and no preemption.
type Orca struct{ waiting FIFO }

// Add implements Policy.
func (p *Orca) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *Orca) Refuse(s *Sequence, b *Batch) string { return refuseBeyond(b.Blocks(), s, b) }

// Schedule implements Policy.
func (p *Orca) Schedule(b *Batch) {
	b.Decode()
	admitReserved(b, &p.waiting)
}

// admitReserved admits sequences whole, head of line, while the cache has room
// for the longest that they may get.
func admitReserved(b *Batch, waiting *FIFO) {
	for s := waiting.Front(); s != nil && b.Slot() && b.Fits(s, s.Bound()); s = waiting.Front() {
		b.Admit(waiting.Pop())
		b.Hold(s, s.Bound())
		b.Prefill(s, s.Remaining())
	}
}

// refuseBeyond returns why the longest that s may get cannot be reserved out of
// the given blocks.
func refuseBeyond(blocks int, s *Sequence, b *Batch) string {
	if need := b.BlocksFor(s.Bound()); need > blocks {
		return fmt.Sprintf("the longest reply to a prompt of %d tokens reserves %d KV blocks of %d", s.PromptTokens, need, blocks)
	}
	return ""
}
