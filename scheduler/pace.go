package scheduler

import (
	"container/heap"
	"math"
	"time"
)

// A pace keeps when the next tokens of the cohort are due: a token is due a gap
// after the one before it was, or came if that was late. A member that runs ahead
// gains slack.
type pace struct {
	gap   time.Duration // D_d of sequences that have none of their own
	own   bool          // D_d of a sequence counts, where it has one
	beats []beat        // one for each D_d, of which there are few
}

// A beat is the members with one D_d. As all move on together, the order in which
// they are due changes only when one joins or is late, and a heap keeps it.
type beat struct {
	gap  time.Duration
	dues dues
}

// A due tells that a member gets its next token in time by base plus a gap for
// each step that has been taken.
type due struct {
	base  time.Duration
	seq   *Sequence
	order int // of its admission: the member may have left since
}

// update takes in the step that ended last, and the members that joined since. It
// is to be called once for each step. It costs O(log n) for each that joined, left
// or was late.
func (p *pace) update(b *Batch) {
	for _, s := range b.fresh {
		p.beat(s).join(s, b.step)
	}
	for i := range p.beats {
		p.beats[i].update(b)
	}
}

// beat returns the beat of a sequence.
func (p *pace) beat(s *Sequence) *beat {
	gap := p.gap
	if p.own && s.TBT > 0 {
		gap = s.TBT
	}
	for i := range p.beats {
		if p.beats[i].gap == gap {
			return &p.beats[i]
		}
	}
	p.beats = append(p.beats, beat{gap: gap})
	return &p.beats[len(p.beats)-1]
}

// slack returns the time that is left until the first token of the cohort is due,
// negative if that is over. There must be a member, and update have been called.
func (p *pace) slack(b *Batch) time.Duration {
	first := time.Duration(math.MaxInt64)
	for i := range p.beats {
		if t := &p.beats[i]; len(t.dues) > 0 {
			first = min(first, t.dues[0].base+time.Duration(b.step)*t.gap)
		}
	}
	return first - b.Now
}

// join takes in a member that has its own times up to a step.
func (t *beat) join(s *Sequence, step int) {
	next := max(s.Deadline+time.Duration(s.Emitted)*t.gap, s.own[len(s.own)-1]+t.gap)
	heap.Push(&t.dues, due{next - time.Duration(step)*t.gap, s, s.order})
}

// update takes in the step that ended last.
func (t *beat) update(b *Batch) {
	steps := time.Duration(b.step) * t.gap
	for len(t.dues) > 0 {
		switch d := &t.dues[0]; {
		case !d.seq.decoding || d.seq.order != d.order:
			heap.Pop(&t.dues)
		case d.seq.joined < b.step && d.base+steps-t.gap < b.last():
			d.base = b.last() + t.gap - steps
			heap.Fix(&t.dues, 0)
		default:
			return
		}
	}
}

type dues []due

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].base < d[j].base }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)        { *d = append(*d, x.(due)) }
func (d *dues) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	(*d)[last] = due{}
	*d = (*d)[:last]
	return x
}
