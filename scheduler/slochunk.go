package scheduler

func init() {
	Register(Kind{
		Prefixes: true, Imports: true,
		Name: "slo-chunk", Doc: "Sarathi with chunks as long as the next due token of the decodes allows, by the cost model",
		New: func(l Limits) Policy {
			p := &SLOChunk{paced: newPaced(l)}
			p.pace.own = true
			return p
		},
	})
}

// SLOChunk is Sarathi with dynamic chunks: the token budget of each iteration is
// what the cost model finds to end before the next token of any decode is due.
type SLOChunk struct {
	paced
	waiting FIFO
}

// Add implements Policy.
func (p *SLOChunk) Add(s *Sequence) { p.waiting.Push(s) }

// Schedule implements Policy.
func (p *SLOChunk) Schedule(b *Batch) {
	p.decode(b, &p.waiting)
	for _, s := range b.Prefilling() {
		b.Prefill(s, p.chunk(b, s))
	}
	for s := p.waiting.Front(); s != nil && leavesWatermark(b, s); s = p.waiting.Front() {
		n := p.chunk(b, s)
		if n <= 0 {
			return
		}
		b.Admit(p.waiting.Pop())
		b.Hold(s, b.Context(s)+s.Remaining())
		b.Prefill(s, n)
	}
}
