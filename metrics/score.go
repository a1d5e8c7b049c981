package metrics

import (
	"sort"
	"time"
)

// A Reading is a way to read the fluidity-index.
type Reading string

// The readings in circulation. All hold token i to D_i = D_p + i·D_d.
const (
	Reset    Reading = "reset"     // Etalon: deadlines restart at a late token, and every D_d that passed is a miss
	PerToken Reading = "per-token" // the same deadlines, and one miss per late token
	NoReset  Reading = "no-reset"  // deadlines stay where they were at arrival
)

var readings = [...]string{string(Reset), string(PerToken), string(NoReset)}

// A Score is how one reply kept its deadlines. With G_i = T_i − i·D_d, T_i the
// time of token i, a token is late in the reset reading if G_i exceeds the first
// deadline and all G before it, by x: then floor(x/D_d)+1 deadlines are missed,
// and later ones restart. It is late in the no-reset reading if G_i exceeds the
// first deadline.
type Score struct {
	Served bool // the whole reply was produced; if not, the score is 0 in every reading

	Tokens       int64 // of the reply
	Deadlines    int64 // tokens with a deadline; the first has none if the completion gives none
	Late         int64 // tokens that came late, with reset
	LateAbsolute int64 // without
	Missed       int64 // deadlines, with reset
	FirstMissed  int64 // of them, by the first token

	// Late tokens and missed deadlines, with reset, if the first token had none: the
	// fluid token generation rate leaves it out.
	DecodeLate, DecodeMissed int64

	// Behind is how far the reply fell behind the deadlines set at its arrival, at
	// worst, and BehindSum how far a reader at one token per D_d was, summed over tokens.
	Behind, BehindSum time.Duration

	// SlackUsed is the time that gaps took beyond D_d and earlier tokens had saved.
	SlackUsed time.Duration

	slo    *SLO // that the request is held to
	tenant int  // whose it is: 1 and its place among the announced ones, or 0
}

// Fluidity returns the deadlines that were met and how many there were. The
// fluidity-index is their ratio.
func (s *Score) Fluidity(r Reading) (met, total int64) {
	switch {
	case !s.Served:
		return 0, 1
	case s.Deadlines == 0:
		return 1, 1
	case r == NoReset:
		return s.Deadlines - s.LateAbsolute, s.Deadlines
	case r == PerToken:
		return s.Deadlines - s.Late, s.Deadlines
	}
	met = s.Deadlines - s.Late
	return met, met + s.Missed
}

// read scores a completion at a target of dd between tokens. It visits the
// tokens only if some gap exceeds the target.
func (s *Score) read(c *Completion, dd time.Duration) {
	n := c.Tokens()
	*s = Score{Served: c.Outcome == Finished && n > 0, Tokens: int64(n), Deadlines: int64(n)}
	if !s.Served {
		return
	}
	deadline := c.Deadline
	if deadline == 0 {
		deadline = c.First()
		s.Deadlines--
	}
	if x := c.First() - deadline; x > 0 {
		s.FirstMissed = int64(x/dd) + 1
	}
	if c.LongestGap <= dd {
		s.steady(c, deadline, dd)
		return
	}
	sc := scan{dd: dd, deadline: deadline, level: deadline, top: deadline, left: time.Duration(n), score: s}
	if c.First() < deadline {
		sc.early, sc.earlyTop = true, c.First()
	}
	sc.over(c.Own)
	sc.over(c.Steps)
	s.Behind = sc.top - deadline
	s.DecodeMissed += s.Missed - s.FirstMissed
	s.DecodeLate += s.Late
	if s.FirstMissed > 0 {
		s.DecodeLate--
	}
}

// steady scores a reply none of whose gaps exceeds the target: G never rises, so
// that only the first token may miss, and those late without reset are a prefix.
func (s *Score) steady(c *Completion, deadline, dd time.Duration) {
	if s.FirstMissed == 0 {
		return
	}
	late := sort.Search(c.Tokens(), func(i int) bool {
		return c.Token(i)-time.Duration(i)*dd <= deadline
	})
	s.Late, s.Missed, s.LateAbsolute = 1, s.FirstMissed, int64(late)
	s.Behind = c.First() - deadline
	s.BehindSum = s.Behind * time.Duration(c.Tokens())
}

// A scan goes over the tokens of a reply once. While a reply that began early has
// not used up its slack, no token is late but for the reading that leaves the
// first token out; from then on the two readings agree.
type scan struct {
	dd, deadline time.Duration
	due          time.Duration // i·D_d of the next token
	level, top   time.Duration // G of the last token; the greatest so far, or the first deadline
	left         time.Duration // tokens to come

	early    bool          // no token has been late yet
	earlyTop time.Duration // the greatest G so far, while early
	score    *Score
}

func (s *scan) over(times []time.Duration) {
	if s.early {
		times = times[s.ahead(times):]
	}
	s.behind(times)
}

// ahead goes over tokens that are in time and returns how many there are.
func (s *scan) ahead(times []time.Duration) int {
	dd, due, level, used := s.dd, s.due, s.level, time.Duration(0)
	n := len(times)
	for i, t := range times {
		g := t - due
		if g > level { // the gap exceeds D_d
			if g > s.earlyTop && s.overtake(g) {
				n = i
				break
			}
			used += g - level
		}
		level = g
		due += dd
	}
	s.due, s.level = due, level
	s.left -= time.Duration(n)
	s.score.SlackUsed += used
	return n
}

// overtake counts a token with the greatest G so far for the reading that leaves
// the first token out, and reports whether it is late. Then behind counts it too.
func (s *scan) overtake(g time.Duration) bool {
	s.score.DecodeMissed += int64((g - s.earlyTop) / s.dd)
	s.earlyTop = g
	if g > s.top {
		s.score.DecodeMissed -= int64((g - s.top) / s.dd)
		s.early = false
		return true
	}
	s.score.DecodeMissed++
	s.score.DecodeLate++
	return false
}

// behind goes over tokens of which some may be late.
func (s *scan) behind(times []time.Duration) {
	dd, deadline, due, level, top := s.dd, s.deadline, s.due, s.level, s.top
	late, missed, absolute := int64(0), int64(0), uint64(0)
	used, sum := time.Duration(0), time.Duration(0)
	for i, t := range times {
		g := t - due
		due += dd
		if g > level { // the gap exceeds D_d
			used += min(g, top) - level
			if x := g - top; x > 0 {
				late++
				missed++
				if x >= dd {
					missed += int64(x / dd)
				}
				sum += x * (s.left - time.Duration(i))
				top = g
			}
		}
		level = g
		absolute += uint64(deadline-g) >> 63
	}
	s.due, s.level, s.top = due, level, top
	s.left -= time.Duration(len(times))
	s.score.Late += late
	s.score.Missed += missed
	s.score.LateAbsolute += int64(absolute)
	s.score.SlackUsed += used
	s.score.BehindSum += sum
}
