package scheduler

func init() {
	Register(Kind{
		Prefixes: true, Imports: true,
		Name: "srpf", Doc: "shortest remaining prefill first, over Sarathi's chunks: a shorter prompt interrupts a longer one",
		Budget: func(int) int { return 512 },
		New: func(l Limits) Policy {
			return &SRPF{Limits: l, Prompts: Prompts{Ranked: Ranked{Rank: func(s *Sequence) int64 { return int64(s.Remaining()) }}}}
		},
	})
}

// SRPF is shortest remaining prefill first, one of the policies that QoServe
// (arXiv 2503.22562) is compared with: decodes always run, and of the prompts the
// one with the fewest tokens left to prefill.
type SRPF struct {
	Limits
	Prompts Prompts
}

// Add implements Policy.
func (p *SRPF) Add(s *Sequence) { p.Prompts.Push(s) }

// Schedule implements Policy.
func (p *SRPF) Schedule(b *Batch) {
	decode(b, &p.Prompts)
	p.Prompts.Prefill(b, func(s *Sequence) int {
		return min(s.Remaining(), p.LongestChunk, p.TokenBudget-b.Shape().Tokens())
	})
}
