package scheduler

import "math"

func init() {
	Register(Kind{
		Prefixes: true, Imports: true,
		Name: "sarathi", Doc: "Sarathi-Serve: all decodes in every iteration, prompts chunked into the rest of the budget",
		Budget: func(int) int { return 512 }, // the chunk size of the paper's strict targets
		New:    func(l Limits) Policy { return &Sarathi{Limits: l, Chunked: true, Hybrid: true} },
	})
}

// Sarathi is stall-free batching (Sarathi-Serve, arXiv 2403.02310, algorithm 3):
// decodes always run, and prompts are chunked into what they leave of the token
// budget. The blocks of a whole prompt are taken at admission.
type Sarathi struct {
	Limits
	Chunked bool `toml:"chunked"` // false: prompts run whole while the budget is not spent
	Hybrid  bool `toml:"hybrid"`  // false: chunks and decodes take turns

	waiting   FIFO
	prefilled bool // in the latest iteration, where they take turns
}

// Add implements Policy.
func (p *Sarathi) Add(s *Sequence) { p.waiting.Push(s) }

// Schedule implements Policy.
func (p *Sarathi) Schedule(b *Batch) {
	if !p.Hybrid {
		p.takeTurns(b)
		return
	}
	decode(b, &p.waiting)
	p.prefill(b)
}

// takeTurns plans decodes after an iteration of chunks, and chunks after one of
// decodes, as long as there are both.
func (p *Sarathi) takeTurns(b *Batch) {
	if p.prefilled {
		decode(b, &p.waiting)
	}
	if b.Shape().Decodes == 0 {
		p.prefill(b)
	}
	p.prefilled = b.Shape().Prefills > 0
	if b.Shape().Tokens() == 0 {
		decode(b, &p.waiting)
	}
}

func (p *Sarathi) prefill(b *Batch) {
	for _, s := range b.Prefilling() {
		b.Prefill(s, p.chunk(b))
	}
	for s := p.waiting.Front(); s != nil && p.chunk(b) > 0 && leavesWatermark(b, s); s = p.waiting.Front() {
		b.Admit(p.waiting.Pop())
		b.Hold(s, b.Context(s)+s.Remaining())
		b.Prefill(s, p.chunk(b))
	}
}

// chunk returns the most prompt tokens that the iteration still takes.
func (p *Sarathi) chunk(b *Batch) int {
	left := p.TokenBudget - b.Shape().Tokens()
	if left > 0 && !p.Chunked {
		return math.MaxInt
	}
	return min(left, p.LongestChunk)
}
