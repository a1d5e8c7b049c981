package scheduler

import "time"

// A cohort is all sequences that decode on a replica. They grow by one token
// per step, so a member is described by constants and the cohort by sums:
// nothing here visits members one by one.
type cohort struct {
	timeline
	size    int
	context int         // tokens cached for all members
	fresh   []*Sequence // members that have not decoded yet

	// opens[i] counts the members that open a block at steps equal to i modulo
	// the block size, so that the demand of a step is one load.
	opens []int
	phase int // of the next step: step modulo the block size

	// due is a ring, by step, of the members whose last decode that is.
	due []*Sequence
}

// A member is the part of a sequence that the cohort keeps.
type member struct {
	decoding   bool
	open       bool      // opens blocks as it grows; else it holds all it will need
	base       int       // cached tokens = base + step
	joined     int       // step of its first decode
	last       int       // step of its last decode
	shared     int       // its tokens in the latest steps; known when it leaves
	dueP, dueN *Sequence // others that finish at the same step
}

const leastRing = 1024

// join adds s, whose tokens are all cached, from the next step on.
func (c *cohort) join(s *Sequence, open bool) {
	s.member = member{decoding: true, open: open, base: s.cached - c.step, joined: c.step}
	s.last = c.step + s.OutputTokens - s.Emitted - 1
	c.fresh = append(c.fresh, s)
	if s.Tally != nil {
		s.Tally.join(c.step)
	}
	c.size++
	c.context += s.cached
	if open {
		c.opens[c.residue(s)]++
	}
	for s.last-c.step >= len(c.due) {
		c.grow()
	}
	slot := &c.due[s.last&(len(c.due)-1)]
	s.dueN = *slot
	if *slot != nil {
		(*slot).dueP = s
	}
	*slot = s
}

// leave takes s, which has not had its last decode, out of the cohort.
func (c *cohort) leave(s *Sequence) {
	if s.dueN != nil {
		s.dueN.dueP = s.dueP
	}
	if s.dueP != nil {
		s.dueP.dueN = s.dueN
	} else {
		c.due[s.last&(len(c.due)-1)] = s.dueN
	}
	if s.joined == c.step {
		c.fresh = remove(c.fresh, s)
	}
	c.drop(s)
	s.own = append(s.own, c.latest(s.shared)...)
	s.shared = 0
}

// drop takes s out of the sums. Its latest tokens are those of the steps that
// it shared.
func (c *cohort) drop(s *Sequence) {
	s.shared = c.step - s.joined
	s.longest = max(s.longest, c.longestOf(s))
	s.cached = s.base + c.step
	s.Emitted += s.shared
	s.decoding = false
	if s.Tally != nil {
		s.Tally.leave(c.step)
	}
	c.size--
	c.context -= s.cached
	if s.open {
		c.opens[c.residue(s)]--
	}
}

// advance ends a step at time t and returns the members, linked by dueN, that
// have had their last decode.
func (c *cohort) advance(t time.Duration) *Sequence {
	slot := &c.due[c.step&(len(c.due)-1)]
	done := *slot
	*slot = nil
	c.context += c.size
	c.add(t, len(c.due))
	if c.phase++; c.phase == len(c.opens) {
		c.phase = 0
	}
	c.fresh = c.fresh[:0]
	return done
}

// demand returns the blocks that the next step opens.
func (c *cohort) demand() int { return c.opens[c.phase] }

// opensNow reports whether s opens a block in the next step.
func (c *cohort) opensNow(s *Sequence) bool { return s.open && c.residue(s) == c.phase }

// residue returns the steps, modulo the block size, at which s opens a block.
func (c *cohort) residue(s *Sequence) int {
	r := -s.base % len(c.opens)
	if r < 0 {
		r += len(c.opens)
	}
	return r
}

// longestOf returns the longest gap between tokens of s since it joined, the
// gap before the first of them included.
func (c *cohort) longestOf(s *Sequence) time.Duration {
	if s.shared == 0 {
		return 0
	}
	first := c.latest(s.shared)[0] - s.own[len(s.own)-1]
	return max(first, c.longestAfter(s.joined))
}

// grow doubles the ring. Every slot holds members of one step only, so whole
// slots move.
func (c *cohort) grow() {
	old := c.due
	c.due = make([]*Sequence, max(leastRing, 2*len(old)))
	for _, s := range old {
		if s != nil {
			c.due[s.last&(len(c.due)-1)] = s
		}
	}
}

func remove(list []*Sequence, s *Sequence) []*Sequence {
	for i := range list {
		if list[i] == s {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
