package scheduler

import "cmp"

func init() {
	Register(Kind{
		Prefixes: true, Imports: true, Offloads: true, Async: true,
		Name: "vllm", Doc: "vLLM V1: running sequences first, then prompts chunked into what they leave of a token budget",
		New: func(l Limits) Policy { return &VLLM{Limits: l, Waiting: new(FIFO), Chunked: true} },
	})
}

// VLLM is the scheduler of vLLM V1 (0.11 to 0.15). Every iteration spends a
// token budget: a decode takes one token, a partly cached prompt the rest of
// its prompt, then waiting sequences are admitted. KV blocks are taken chunk by
// chunk; where none is left, the sequence admitted last is preempted.
type VLLM struct {
	Limits
	Waiting Line
	Chunked bool `toml:"chunked_prefill"` // false: a prompt waits until the rest of the budget holds it
}

// Add implements Policy.
func (p *VLLM) Add(s *Sequence) { p.Waiting.Push(s) }

// Refuse implements Refuser.
func (p *VLLM) Refuse(s *Sequence, b *Batch) string {
	if p.Chunked || p.LongestChunk < p.TokenBudget {
		return ""
	}
	return p.refuseLonger(s)
}

// Schedule implements Policy.
func (p *VLLM) Schedule(b *Batch) {
	decode(b, p.Waiting)
	for i := 0; i < len(b.Prefilling()); i++ {
		s := b.Prefilling()[i]
		n := p.chunk(b, s)
		if !p.makeRoom(b, s, n) {
			break
		}
		b.Prefill(s, n)
	}
	if b.Preempted() == 0 {
		p.admit(b)
	}
}

// chunk returns the tokens of s that the rest of the budget allows.
func (p *VLLM) chunk(b *Batch, s *Sequence) int {
	return min(s.Remaining(), p.LongestChunk, p.TokenBudget-b.Shape().Tokens())
}

// makeRoom preempts the newest sequences until n more tokens of s fit. It
// reports whether s itself is still there.
func (p *VLLM) makeRoom(b *Batch, s *Sequence, n int) bool {
	for !b.Fits(s, b.Context(s)+n) {
		newest := b.Newest()
		b.Preempt(newest)
		p.Waiting.Push(newest)
		if newest == s {
			return false
		}
	}
	return true
}

// admit takes waiting sequences, head of line, as long as budget, slots and
// cache last.
func (p *VLLM) admit(b *Batch) {
	for s := p.Waiting.Front(); s != nil && b.Slot(); s = p.Waiting.Front() {
		b.Match(s)
		if s.Preemptions > 0 && b.Shared() && !b.Fits(s, b.Context(s)+s.Remaining()) {
			return // lest two lanes take each other's blocks for ever
		}
		n, found := p.chunk(b, s), b.Offloaded(s)
		if n <= 0 || found == 0 && !p.Chunked && n < min(s.Remaining(), p.LongestChunk) {
			return
		}
		if !b.Fits(s, b.Context(s)+cmp.Or(found, n)) {
			if b.Running() > 0 || !b.yield(s) {
				return
			}
			continue
		}
		if p.Waiting.Pop(); found > 0 {
			b.Fetch(s, found)
			continue
		}
		b.Admit(s)
		b.Prefill(s, n)
	}
}
