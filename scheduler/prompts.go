package scheduler

import "slices"

// Prompts are prompts in order of rank, whether they wait or are partly cached:
// one that is more urgent interrupts another, which keeps what it has cached.
type Prompts struct {
	Ranked

	// Demote changes what the rank of a sequence depends on if it has lost its
	// rank by now, and reports whether it did. It may be nil.
	Demote func(*Sequence) bool

	begun ranks // of this plan
}

// Front implements Line.
func (p *Prompts) Front() *Sequence {
	s := p.Ranked.Front()
	for p.Demote != nil && s != nil && p.Demote(s) {
		p.Push(p.Pop())
		s = p.Ranked.Front()
	}
	return s
}

// Prefill plans chunks, the most urgent first, for as long as chunk returns a
// positive number of tokens for the next. The blocks of a whole prompt are taken
// at admission. It costs O(n · log n) for n prompts that are partly cached.
func (p *Prompts) Prefill(b *Batch, chunk func(*Sequence) int) {
	p.begun = p.begun[:0]
	for _, s := range b.Prefilling() {
		if p.Demote != nil {
			p.Demote(s)
		}
		p.begun = append(p.begun, ranked{p.Rank(s), s})
	}
	slices.SortFunc(p.begun, ranked.compare)
	for begun := p.begun; ; {
		s := p.admissible(b, begun)
		waits := s != nil
		if !waits {
			if len(begun) == 0 {
				return
			}
			s, begun = begun[0].seq, begun[1:]
		}
		n := chunk(s)
		if n <= 0 {
			return
		}
		if waits {
			b.Admit(p.Pop())
			b.Hold(s, b.Context(s)+s.Remaining())
		}
		b.Prefill(s, n)
	}
}

// admissible returns the front of those that wait if there is room for it and it
// is more urgent than those that have begun, else nil.
func (p *Prompts) admissible(b *Batch, begun ranks) *Sequence {
	s := p.Front()
	if s == nil || len(begun) > 0 && begun[0].compare(p.heap[0]) < 0 || !leavesWatermark(b, s) {
		return nil
	}
	return s
}
