package scheduler

func init() {
	Register(Kind{
		Name: "static", Doc: "request-level batching (FasterTransformer): a batch runs until all its sequences are done",
		New: func(Limits) Policy { return new(Static) },
	})
}

// Static is request-level batching, as FasterTransformer has it: sequences are
// admitted only when none runs, and the memory of a batch is reserved until its
// last sequence is done.
type Static struct{ waiting FIFO }

// Add implements Policy.
func (p *Static) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *Static) Refuse(s *Sequence, b *Batch) string { return refuseBeyond(b.Blocks(), s, b) }

// Schedule implements Policy.
func (p *Static) Schedule(b *Batch) {
	b.Retain()
	b.Decode()
	if b.Running() == 0 {
		admitReserved(b, &p.waiting)
	}
}
