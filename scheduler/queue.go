package scheduler

import (
	"cmp"
	"container/heap"
)

// A Line is where sequences wait for admission, in the order a policy wants.
// Those that are aborted while they wait drop out when they come to the front.
type Line interface {
	// Push adds a sequence that has arrived or has been preempted.
	Push(*Sequence)
	// Front returns the sequence to admit next, or nil if none waits.
	Front() *Sequence
	// Pop removes the front. There must be one.
	Pop() *Sequence
}

// FIFO is first come, first served. A sequence that was preempted, or has fetched
// what it waited for, goes back to the front. Its zero value is empty.
type FIFO struct {
	ring        []*Sequence // its length is a power of two
	head, count int
}

// Push implements Line.
func (q *FIFO) Push(s *Sequence) {
	if q.count == len(q.ring) {
		q.grow()
	}
	at := q.head + q.count
	if s.Preemptions > 0 || s.fetched {
		q.head = (q.head - 1) & (len(q.ring) - 1)
		at = q.head
	}
	q.ring[at&(len(q.ring)-1)] = s
	q.count++
}

// Front implements Line.
func (q *FIFO) Front() *Sequence {
	for q.count > 0 {
		if s := q.ring[q.head]; !s.Aborted {
			return s
		}
		q.Pop()
	}
	return nil
}

// Pop implements Line.
func (q *FIFO) Pop() *Sequence {
	s := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.count--
	return s
}

func (q *FIFO) grow() {
	ring := make([]*Sequence, max(16, 2*len(q.ring)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}

// Ranked serves the sequence with the lowest rank first, and equal ranks in
// order of arrival. The rank of a sequence must not change while it waits.
type Ranked struct {
	Rank func(*Sequence) int64
	heap ranks
}

// Push implements Line.
func (q *Ranked) Push(s *Sequence) { heap.Push(&q.heap, ranked{q.Rank(s), s}) }

// Front implements Line.
func (q *Ranked) Front() *Sequence {
	for len(q.heap) > 0 {
		if s := q.heap[0].seq; !s.Aborted {
			return s
		}
		q.Pop()
	}
	return nil
}

// Pop implements Line.
func (q *Ranked) Pop() *Sequence { return heap.Pop(&q.heap).(ranked).seq }

type ranked struct {
	rank int64
	seq  *Sequence
}

func (r ranked) compare(o ranked) int {
	return cmp.Or(cmp.Compare(r.rank, o.rank), cmp.Compare(r.seq.ID, o.seq.ID))
}

type ranks []ranked

func (r ranks) Len() int           { return len(r) }
func (r ranks) Less(i, j int) bool { return r[i].compare(r[j]) < 0 }
func (r ranks) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *ranks) Push(x any)        { *r = append(*r, x.(ranked)) }
func (r *ranks) Pop() any {
	last := len(*r) - 1
	x := (*r)[last]
	(*r)[last] = ranked{}
	*r = (*r)[:last]
	return x
}
