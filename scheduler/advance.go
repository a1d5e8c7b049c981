package scheduler

import (
	"slices"
	"time"

	"metronome/hardware"
)

// Progress is what an iteration has brought about. Its slices are valid until
// the next iteration ends.
type Progress struct {
	StepGap  time.Duration // between the last two tokens of StepGaps sequences
	StepGaps int
	OwnGaps  []time.Duration // between the last two tokens of one sequence each
	Begun    int             // prompt tokens of the sequences whose first token this brought
	Done     []*Sequence     // complete

	chunks    []chunk
	preempted []int
}

// Chunks yields the numbers of the sequences of whose prompts the iteration has
// computed a part, with its tokens.
func (p *Progress) Chunks(yield func(id, tokens int) bool) {
	for _, c := range p.chunks {
		if !yield(c.seq.ID, c.tokens) {
			return
		}
	}
}

// Preempted yields the numbers of the sequences that its plan took out of the batch.
func (p *Progress) Preempted(yield func(id int) bool) {
	for _, id := range p.preempted {
		if !yield(id) {
			return
		}
	}
}

// Advance ends the planned iteration at time end. What it returns is valid until
// the next iteration ends.
func (b *Batch) Advance(end time.Duration) *Progress {
	p := &b.progress
	p.StepGaps, p.OwnGaps, p.Done, p.Begun = 0, p.OwnGaps[:0], p.Done[:0], 0
	b.Settle()
	if b.decoding {
		b.endStep(end)
	}
	if len(b.chunks) > 0 {
		b.endChunks(end)
	}
	p.chunks, b.chunks = b.chunks, p.chunks[:0]
	p.preempted, b.victims = b.victims, p.preempted[:0]
	b.decoding, b.shape = false, hardware.Shape{}
	return p
}

// Latest returns what the latest iteration brought about, valid until the next ends.
func (b *Batch) Latest() *Progress { return &b.progress }

// endStep advances the cohort and takes out the members that are complete.
func (b *Batch) endStep(end time.Duration) {
	p := &b.progress
	b.offloadStep()
	for _, s := range b.fresh {
		p.OwnGaps = append(p.OwnGaps, end-s.own[len(s.own)-1])
	}
	if p.StepGaps = b.size - len(b.fresh); p.StepGaps > 0 {
		p.StepGap = end - b.timeline.last()
	}
	for _, s := range b.inOrder(b.advance(end)) {
		s.blocks = b.held(s)
		b.drop(s)
		b.complete(s)
	}
}

// inOrder returns the sequences of a list linked by dueN in order of admission:
// blocks are given back in that order, which decides how soon they are taken.
func (b *Batch) inOrder(s *Sequence) []*Sequence {
	b.ending = b.ending[:0]
	for ; s != nil; s = s.dueN {
		b.ending = append(b.ending, s)
	}
	if len(b.ending) > 1 {
		slices.SortFunc(b.ending, func(s, t *Sequence) int { return s.order - t.order })
	}
	return b.ending
}

// endChunks moves sequences that are wholly cached into the cohort.
func (b *Batch) endChunks(end time.Duration) {
	finished := false
	for _, c := range b.chunks {
		s := c.seq
		s.cached += c.tokens
		b.offload(s, s.cached)
		if s.Remaining() > 0 {
			continue
		}
		finished = true
		if gap, ok := s.emit(end); ok {
			b.progress.OwnGaps = append(b.progress.OwnGaps, gap)
		} else {
			b.progress.Begun += s.PromptTokens
		}
		if s.Handover || s.Emitted == s.OutputTokens {
			b.complete(s)
		} else {
			b.join(s, s.blocks == b.BlocksFor(s.cached))
		}
	}
	if finished {
		b.prefilling = wholly(b.prefilling)
	}
}

// wholly returns the sequences of list that are not wholly cached.
func wholly(list []*Sequence) []*Sequence {
	kept := list[:0]
	for _, s := range list {
		if s.Remaining() > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// complete takes s, which is done, out of the batch. If it is handed over, it
// keeps its blocks.
func (b *Batch) complete(s *Sequence) {
	b.unlink(s)
	b.progress.Done = append(b.progress.Done, s)
	if s.Handover {
		return
	}
	if b.queued {
		b.leaving = append(b.leaving, s)
	} else {
		b.free(s)
	}
}

// free gives back the blocks of s, which is done.
func (b *Batch) free(s *Sequence) {
	if b.retain {
		b.retained += s.blocks
	} else {
		b.nameBlocks(s, s.cached)
		b.returnBlocks(s)
	}
	b.endRetention()
}

// endRetention gives back what finished sequences hold once no other is left.
func (b *Batch) endRetention() {
	if b.running == 0 {
		b.used -= b.retained
		b.retained = 0
	}
}

// unlink takes s off the order of admission.
func (b *Batch) unlink(s *Sequence) {
	b.running--
	s.order = 0
	if s.older != nil {
		s.older.newer = s.newer
	}
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		b.newest = s.older
	}
	s.older, s.newer = nil, nil
}

// TokenTimes returns when the output tokens of s, which is done or has been
// aborted, were produced: its own, then those of the steps it shared with the
// cohort; and the longest gap between two of them. Both slices are valid until
// the next iteration ends.
func (b *Batch) TokenTimes(s *Sequence) (own, steps []time.Duration, longest time.Duration) {
	return s.own, b.latest(s.shared), s.longest
}
