package scheduler

import (
	"container/heap"
	"time"
)

// A credit keeps when the next tokens of the cohort are due, as a pace does, and
// who can afford a late one. With an index of at least 0.9 a reader forgives one
// miss for nine tokens, so that a member with e tokens and m misses can afford
// another if 9(m+1) <= e, however long its reply becomes. One with 9m > e is
// behind: nobody waits for it until it has as many tokens.
//
// As all members grow together, 9m - e is a constant minus the steps taken, and
// heaps keep the orders. An entry holds as long as its rank is that of its member.
type credit struct {
	gap time.Duration // D_d

	dues    ranks // by when the next token is due
	poorest ranks // the same members, those with the least to spare first
	behind  ranks // by when they are behind no more
}

// A standing is the part of a sequence that a credit keeps while it decodes.
type standing struct {
	due    time.Duration // its next token is due then, plus a gap for each step taken
	missed int           // deadlines
	lags   bool          // is behind
}

// forgiven is how many tokens make up for a missed deadline.
const forgiven = 9

// debt returns the step at which a member has as many tokens as make up for what it missed.
func (s *Sequence) debt() int { return forgiven*s.missed + s.joined - s.Emitted }

// update takes in the step that ended last, and the members that joined since. It
// is to be called once for each step. It costs O(log n) for each that joined, left,
// was late or is behind no more.
func (c *credit) update(b *Batch) {
	steps := time.Duration(b.step) * c.gap
	for _, s := range b.fresh {
		last := s.own[len(s.own)-1]
		if s.Emitted == 1 {
			s.missed = c.misses(last - s.Deadline)
		}
		s.due = max(s.Deadline+time.Duration(s.Emitted)*c.gap, last+c.gap) - steps
		c.enter(b, s)
	}
	c.readmit(b, steps)
	for c.tidy(); len(c.dues) > 0 && c.dues[0].seq.joined < b.step; c.tidy() {
		s := c.dues[0].seq
		late := b.last() - (s.due + steps - c.gap)
		if late <= 0 {
			return
		}
		s.missed += c.misses(late)
		s.due += late
		c.enter(b, s)
	}
}

// readmit takes those back that have made up for what they missed. What they
// missed meanwhile is not known.
func (c *credit) readmit(b *Batch, steps time.Duration) {
	for len(c.behind) > 0 {
		front := c.behind[0]
		s := front.seq
		switch holds := s.decoding && s.lags && front.rank == int64(s.debt()); {
		case holds && front.rank > int64(b.step):
			return
		case holds:
			s.due = b.last() + c.gap - steps
			c.enter(b, s)
		}
		heap.Pop(&c.behind)
	}
}

// misses returns how many deadlines pass in a time.
func (c *credit) misses(late time.Duration) int {
	if late <= 0 {
		return 0
	}
	return int(late/c.gap) + 1
}

// enter puts a member where it belongs by what it has missed.
func (c *credit) enter(b *Batch, s *Sequence) {
	if s.lags = s.debt() > b.step; s.lags {
		heap.Push(&c.behind, ranked{int64(s.debt()), s})
		return
	}
	heap.Push(&c.dues, ranked{int64(s.due), s})
	heap.Push(&c.poorest, ranked{-int64(s.debt()), s})
}

// tidy drops entries off the fronts that hold no more.
func (c *credit) tidy() {
	for len(c.dues) > 0 && !c.holds(c.dues[0], func(s *Sequence) int64 { return int64(s.due) }) {
		heap.Pop(&c.dues)
	}
	for len(c.poorest) > 0 && !c.holds(c.poorest[0], func(s *Sequence) int64 { return -int64(s.debt()) }) {
		heap.Pop(&c.poorest)
	}
}

func (c *credit) holds(r ranked, rank func(*Sequence) int64) bool {
	return r.seq.decoding && !r.seq.lags && r.rank == rank(r.seq)
}

// slack returns the time until the first token is due of a member that is not
// behind, and whether there is one. Update must have been called.
func (c *credit) slack(b *Batch) (time.Duration, bool) {
	if c.tidy(); len(c.dues) == 0 {
		return 0, false
	}
	return time.Duration(c.dues[0].rank) + time.Duration(b.step)*c.gap - b.Now, true
}

// affords reports whether all members that are not behind can miss a deadline.
// Update must have been called.
func (c *credit) affords(b *Batch) bool {
	c.tidy()
	return len(c.poorest) == 0 || int64(b.step)+c.poorest[0].rank >= forgiven
}
