package scheduler

func init() {
	Register(Kind{
		Name: "llamacpp", Doc: "llama.cpp as in Ollama: fixed slots, a chunk of every prompt in each iteration beside the decodes",
		Budget: func(int) int { return 512 }, // num_batch of Ollama
		New:    func(l Limits) Policy { return &LlamaCPP{Limits: l} },
	})
}

// LlamaCPP is the loop of llama.cpp's runner in Ollama: a sequence that finds a free
// slot has its memory for life, and every iteration takes a token of each decode and up
// to the token budget (num_batch) of *each* prompt that is not wholly cached. There is
// no bound on the whole iteration, and no preemption.
type LlamaCPP struct {
	Limits
	waiting FIFO
}

// Add implements Policy.
func (p *LlamaCPP) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *LlamaCPP) Refuse(s *Sequence, b *Batch) string { return refuseBeyond(b.Blocks(), s, b) }

// Schedule implements Policy.
func (p *LlamaCPP) Schedule(b *Batch) {
	b.Decode()
	for _, s := range b.Prefilling() {
		b.Prefill(s, p.LongestChunk)
	}
	for s := p.waiting.Front(); s != nil && b.Slot() && b.Fits(s, s.Bound()); s = p.waiting.Front() {
		b.Admit(p.waiting.Pop())
		b.Hold(s, s.Bound())
		b.Prefill(s, p.LongestChunk)
	}
}
