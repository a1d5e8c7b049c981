package scheduler

func init() {
	Register(Kind{
		Name: "llamacpp", Doc: "llama.cpp as in Ollama: fixed slots, a chunk of every prompt in each iteration beside the decodes",
		Budget: func(int) int { return 512 }, // num_batch of Ollama
		New:    func(l Limits) Policy { return &LlamaCPP{Limits: l} },
	})
}

// LlamaCPP is the loop of llama.cpp's runner in Ollama (runner/llamarunner): a sequence
// that finds a free slot has its memory for life, and every iteration takes a token of
// each decode and up to the token budget (num_batch) of *each* prompt that is not wholly
// cached. There is no bound on the whole iteration, and no preemption.
//
// The loop holds a lock while it computes, and takes it again at once. Who waits for it
// is overtaken once before Go hands it over, and so joins the iteration after the next.
type LlamaCPP struct {
	Limits
	waiting FIFO        // for a slot
	locked  FIFO        // for the lock, with a slot reserved
	free    int         // slots that were neither taken nor reserved after the latest plan
	slots   []*Sequence // who is in each; nil is nobody
	planned []int       // tokens of each slot
}

// Add implements Policy.
func (p *LlamaCPP) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *LlamaCPP) Refuse(s *Sequence, b *Batch) string { return refuseBeyond(b.Blocks(), s, b) }

// Schedule implements Policy. It costs O(slots).
func (p *LlamaCPP) Schedule(b *Batch) {
	idle := b.Running() == 0 // the loop sleeps, and the lock is free
	p.vacate()
	p.admit(b)
	p.reserve(p.free)
	if idle {
		p.reserve(b.slots - p.locked.count - b.Running())
		p.admit(b)
	}
	p.free = b.slots - p.locked.count - b.Running()
	b.Decode()
	for _, s := range b.Prefilling() {
		b.Prefill(s, p.LongestChunk)
	}
	b.Split(passes(p.tokens(), p.LongestChunk))
}

// vacate empties the slots of those who are done.
func (p *LlamaCPP) vacate() {
	for i, s := range p.slots {
		if s != nil && !s.Running() {
			p.slots[i] = nil
		}
	}
}

// reserve promises slots to those who wait for one.
func (p *LlamaCPP) reserve(slots int) {
	for ; slots > 0 && p.waiting.Front() != nil; slots-- {
		p.locked.Push(p.waiting.Pop())
	}
}

// admit puts those who have the lock into the first empty slots.
func (p *LlamaCPP) admit(b *Batch) {
	for s := p.locked.Front(); s != nil && b.Fits(s, s.Bound()); s = p.locked.Front() {
		b.Admit(p.locked.Pop())
		b.Hold(s, s.Bound())
		p.place(s)
	}
}

func (p *LlamaCPP) place(s *Sequence) {
	for i, other := range p.slots {
		if other == nil {
			p.slots[i] = s
			return
		}
	}
	p.slots = append(p.slots, s)
}

// tokens returns what the plan computes of each slot.
func (p *LlamaCPP) tokens() []int {
	p.planned = p.planned[:0]
	for _, s := range p.slots {
		n := 0
		if s != nil {
			n = max(1, min(p.LongestChunk, s.Remaining())) // one of a decode
		}
		p.planned = append(p.planned, n)
	}
	return p.planned
}

// passes returns in how many passes llama.cpp computes an iteration, given the tokens of
// each slot, and how many of them are for a token alone: a pass takes equally many tokens
// of slots that are neighbours, and no more than most in all (split_equal in
// llama-batch.cpp). The tokens are used up.
func passes(tokens []int, most int) (all, alone int) {
	for {
		first := 0
		for first < len(tokens) && tokens[first] == 0 {
			first++
		}
		if first == len(tokens) {
			return all, alone
		}
		end, each := first, most
		for ; end < len(tokens) && tokens[end] > 0; end++ {
			each = min(each, tokens[end])
		}
		each = min(each, max(1, most/(end-first)))
		for i := first; i < end; i++ {
			tokens[i] -= each
		}
		all++
		if each*(end-first) == 1 {
			alone++
		}
	}
}
