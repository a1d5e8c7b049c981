package scheduler

import "fmt"

func init() {
	Register(Kind{
		Prefixes: true, Imports: true,
		Name: "vllm-v0", Doc: "vLLM V0: whole prompts ahead of decodes, never beside them",
		Budget: wholePrompts,
		New:    func(l Limits) Policy { return &VLLMV0{Limits: l} },
	})
}

// VLLMV0 is the scheduler of vLLM V0 (arXiv 2309.06180): if any prompt fits, an
// iteration runs whole prompts only, otherwise it runs all decodes.
type VLLMV0 struct {
	Limits
	waiting FIFO
}

// Add implements Policy.
func (p *VLLMV0) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *VLLMV0) Refuse(s *Sequence, b *Batch) string {
	return p.refuseLonger(s)
}

// refuseLonger refuses prompts that no iteration holds.
func (l Limits) refuseLonger(s *Sequence) string {
	if s.PromptTokens > l.TokenBudget {
		return fmt.Sprintf("a prompt of %d tokens does not fit the token budget of %d, and is not chunked", s.PromptTokens, l.TokenBudget)
	}
	return ""
}

// Schedule implements Policy.
func (p *VLLMV0) Schedule(b *Batch) {
	for s := p.waiting.Front(); s != nil && p.admits(b, s); s = p.waiting.Front() {
		b.Admit(p.waiting.Pop())
		b.Prefill(s, s.Remaining())
	}
	if b.Shape().Prefills == 0 {
		decode(b, &p.waiting)
	}
}

// admits reports whether the whole of s fits this iteration. What a preempted
// sequence has to recompute may have outgrown the budget: it then runs alone.
func (p *VLLMV0) admits(b *Batch, s *Sequence) bool {
	if !leavesWatermark(b, s) {
		return false
	}
	alone := s.Preemptions > 0 && b.Shape().Prefills == 0
	return alone || s.Remaining() <= p.TokenBudget-b.Shape().PrefillTokens
}

// leavesWatermark reports whether a slot is free for s and, after its prompt,
// one KV block in a hundred, which keeps admissions from causing preemptions at
// once. An empty cache needs no such reserve.
func leavesWatermark(b *Batch, s *Sequence) bool {
	b.Match(s)
	if b.UsedBlocks() == 0 {
		return true
	}
	reserve := b.Blocks() / 100 * b.BlockSize()
	return b.Slot() && b.Fits(s, b.Context(s)+s.Remaining()+reserve)
}
