package scheduler

import (
	"container/heap"
	"time"
)

// A pace keeps when the next tokens of the cohort are due: a token is due a gap
// after the one before it was, or came if that was late. A member that runs ahead
// gains slack. As all members move on together, the order in which they are due
// changes only when one joins or is late, and a heap keeps it.
type pace struct {
	gap  time.Duration // D_d
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
	steps := time.Duration(b.step) * p.gap
	for _, s := range b.fresh {
		last := s.own[len(s.own)-1]
		next := max(s.Deadline+time.Duration(s.Emitted)*p.gap, last+p.gap)
		heap.Push(&p.dues, due{next - steps, s, s.order})
	}
	for len(p.dues) > 0 {
		switch d := &p.dues[0]; {
		case !d.seq.decoding || d.seq.order != d.order:
			heap.Pop(&p.dues)
		case d.seq.joined < b.step && d.base+steps-p.gap < b.last():
			d.base = b.last() + p.gap - steps
			heap.Fix(&p.dues, 0)
		default:
			return
		}
	}
}

// slack returns the time that is left until the first token of the cohort is due,
// negative if that is over. There must be a member, and update have been called.
func (p *pace) slack(b *Batch) time.Duration {
	return p.dues[0].base + time.Duration(b.step)*p.gap - b.Now
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
