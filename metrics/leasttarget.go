package metrics

import (
	"math/bits"
	"time"
)

// A leastTarget finds the least D_d at which the decode tokens of a reply have a
// fluidity-index of at least the threshold, in the reset reading. Misses fall as
// D_d grows, so there is one; at the longest gap nothing is late.
type leastTarget struct {
	threshold Ratio

	long    []stretch // of the reply that is searched
	visited int64     // tokens and stretches looked at: what the search costs
}

// A stretch is tokens whose gaps do not exceed any target in question, so that
// none is ever late, and one longer gap after them.
type stretch struct {
	tokens    int64
	time, gap time.Duration
}

// above returns the least target if it exceeds tau, and false if it does not. A
// positive tolerance is how far, as a part of it, the target may be too high: 2^-tolerance.
func (l *leastTarget) above(c *Completion, tau time.Duration, tolerance uint) (time.Duration, bool) {
	if c.LongestGap <= tau {
		return 0, false
	}
	if c.LongestGap == 0 || c.Tokens() < 2 {
		return 0, true
	}
	low := max(tau, l.floor(c)) // the least target is above it, unless it is tau
	if low == tau && tau > 0 && l.holds(c, tau) {
		return 0, false
	}
	l.collapse(c, low)
	high := c.LongestGap
	for high-low > max(1, low>>tolerance) {
		if mid := low + (high-low)/2; l.met(mid, int64(c.Tokens()-1)) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

// floor returns a target that is too low: if the misses are few enough, the time
// that n decode tokens took is at most n·D_d/threshold.
func (l *leastTarget) floor(c *Completion) time.Duration {
	hi, lo := bits.Mul64(uint64(c.Last()-c.First()), uint64(l.threshold.Num))
	n := uint64(l.threshold.Den) * uint64(c.Tokens()-1)
	if hi >= n {
		return 0
	}
	q, rem := bits.Div64(hi, lo, n)
	if rem == 0 && q > 0 {
		q--
	}
	return time.Duration(q)
}

// holds reports whether the threshold holds at a target.
func (l *leastTarget) holds(c *Completion, dd time.Duration) bool {
	p := pace{dd: dd, top: c.First(), met: int64(c.Tokens() - 1), threshold: l.threshold}
	ok := p.over(c.Own) && p.over(c.Steps)
	l.visited += int64(p.due / dd)
	return ok
}

// A pace goes over the decode tokens of a reply until the threshold is lost.
type pace struct {
	dd, due, top time.Duration // D_d, i·D_d of the next token, and the greatest G so far
	met, missed  int64
	threshold    Ratio
}

// leap is how many tokens a pace looks at as one: if the last of them is no later than
// the first may be, none is late.
const leap = 8

func (p *pace) over(times []time.Duration) bool {
	for len(times) > 0 {
		n := min(leap, len(times))
		if times[n-1]-p.due <= p.top {
			p.due += time.Duration(n) * p.dd
		} else if !p.each(times[:n]) {
			return false
		}
		times = times[n:]
	}
	return true
}

func (p *pace) each(times []time.Duration) bool {
	due := p.due
	for _, t := range times {
		if g := t - due; g > p.top && !p.miss(g-p.top) {
			p.due = due
			return false
		}
		due += p.dd
	}
	p.due = due
	return true
}

// miss counts a token that is late by x, and reports whether the threshold still holds.
func (p *pace) miss(x time.Duration) bool {
	p.top += x
	p.met--
	p.missed += int64(x/p.dd) + 1
	return p.threshold.Holds(p.met, p.met+p.missed)
}

// collapse keeps the gaps that exceed low and sums up those between them.
func (l *leastTarget) collapse(c *Completion, low time.Duration) {
	l.long = l.long[:0]
	s, last := stretch{tokens: -1}, c.First() // the first token is none of them
	for _, times := range [2][]time.Duration{c.Own, c.Steps} {
		for _, t := range times {
			gap := t - last
			last = t
			if gap <= low {
				s.tokens++
				s.time += gap
				continue
			}
			s.gap = gap
			l.long = append(l.long, s)
			s = stretch{}
		}
	}
	l.visited += int64(c.Tokens())
}

// met reports whether the threshold holds at a target for a collapsed reply with
// n decode tokens.
func (l *leastTarget) met(dd time.Duration, n int64) bool {
	p := pace{dd: dd, met: n, threshold: l.threshold}
	g := time.Duration(0)
	for i := range l.long {
		s := &l.long[i]
		g += s.time + s.gap - time.Duration(s.tokens+1)*dd
		if g > p.top && !p.miss(g-p.top) {
			l.visited += int64(i)
			return false
		}
	}
	l.visited += int64(len(l.long))
	return true
}
