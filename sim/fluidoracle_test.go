package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"metronome/hardware"
)

// What the oracle remembers of the policy fluid.
type forgiving struct {
	limit               time.Duration // of the iteration
	started             time.Duration // of the latest iteration
	computed, prompts   int           // tokens of it
	stepped             bool          // there were decodes
	replies             []int         // lengths, sorted
	firm, lenient       float64       // after the deadline of the first token
	tokenTime, stepTime float64
}

// A standing is what it knows of a sequence.
type standing struct {
	tier, ranked, missed int
	lags                 bool
}

// credited counts what a reader misses, with nine tokens for each miss.
func (o *oracle) credited(s *visited, byPrefill bool) {
	first := s.Arrival + deadline(s.PromptTokens)
	misses := func(late time.Duration) int {
		if late <= 0 {
			return 0
		}
		return int(late/o.TBT) + 1
	}
	tokens := len(s.Times)
	switch {
	case byPrefill:
		if tokens == 1 {
			s.missed = misses(o.now - first)
		}
		s.due = max(first+time.Duration(tokens)*o.TBT, o.now+o.TBT)
	case s.lags:
		s.due = o.now + o.TBT
	default:
		s.missed += misses(o.now - s.due)
		s.due = max(s.due, o.now) + o.TBT
	}
	s.lags = 9*s.missed > tokens
}

func (o *oracle) fluid() {
	o.learn()
	o.decodes()
	o.patience()
	for o.fallBack() {
	}
	o.byUrgency(o.timely)
	shape := o.shape()
	o.started, o.computed, o.prompts, o.stepped = o.now, shape.Tokens(), shape.PrefillTokens, shape.Decodes > 0
}

// learn takes in the latest iteration.
func (o *oracle) learn() {
	if o.tokenTime == 0 {
		var whole hardware.Shape
		whole.Chunk(o.Budget, 0)
		o.tokenTime = float64(plainCost{}.IterationTime(whole)) / float64(o.Budget)
	}
	if o.computed == 0 {
		return
	}
	took := float64(o.now - o.started)
	if n := float64(o.prompts); n > 0 {
		o.tokenTime += (took/n - o.tokenTime) * min(1, n/4096)
	}
	if o.stepped {
		o.stepTime += (took - o.stepTime) / 100
	}
	slices.Sort(o.replies)
	short := func(share float64) float64 {
		if len(o.replies) == 0 {
			return 0
		}
		return float64(o.replies[int(share*float64(len(o.replies)))])
	}
	o.firm = short(0.1) / 9 * max(0, float64(o.TBT)-o.stepTime)
	o.lenient = o.firm
	if !o.NoReset {
		o.lenient = max(o.firm, short(0.25)/9*float64(o.TBT))
	}
}

func (o *oracle) fluidDue(s *visited) float64 {
	return float64(s.Arrival+deadline(s.PromptTokens)) + [2]float64{o.firm, o.lenient}[s.tier]
}

func (o *oracle) fluidRank(s *visited) time.Duration {
	s.ranked = s.tier
	if s.tier > 1 {
		return math.MaxInt64/2 + time.Duration(s.remaining())
	}
	return time.Duration(o.fluidDue(s))
}

// punctual returns the prompts that can be in time, by deadline.
func (o *oracle) punctual() (list []*visited) {
	for _, s := range slices.Concat(o.running, o.waiting) {
		s.settled = s.settled || s.remaining() <= 0
		if !s.settled && s.tier < 2 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *visited) int { return cmp.Or(cmp.Compare(o.fluidDue(a), o.fluidDue(b)), a.ID-b.ID) })
	return list
}

// firstLate returns how many of the prompts have begun when one is found late, or -1.
func (o *oracle) firstLate(list []*visited, tokenTime float64) int {
	end := float64(o.now)
	for i, s := range list {
		end += tokenTime * float64(s.remaining())
		if end > o.fluidDue(s) {
			return i + 1
		}
	}
	return -1
}

// patience works out how long the decodes wait.
func (o *oracle) patience() {
	slack, affords := time.Duration(math.MaxInt64), true
	for _, s := range o.running {
		if s.remaining() == 0 && !s.lags {
			slack = min(slack, s.due-o.now)
			affords = affords && len(s.Times)-9*s.missed >= 9
		}
	}
	if list := o.punctual(); len(list) > 0 && !o.NoReset && affords && slack < math.MaxInt64 {
		tokens := o.Budget
		for ; tokens > 1; tokens-- {
			shape := o.shape()
			shape.Chunk(tokens, list[0].cached)
			if (plainCost{}).IterationTime(shape) <= o.TBT {
				break
			}
		}
		if o.firstLate(list, float64(o.TBT)/float64(tokens)) >= 0 {
			slack += o.TBT
		}
	}
	alone := o.shape()
	alone.Chunk(1, 0)
	o.limit = min(max(slack, 0), 2*o.TBT, 4*plainCost{}.IterationTime(alone))
}

// fallBack gives up a deadline of the longest prompt, if one would be late.
func (o *oracle) fallBack() bool {
	list := o.punctual()
	n := o.firstLate(list, o.tokenTime)
	if n < 0 {
		return false
	}
	slices.MinFunc(list[:n], func(a, b *visited) int { return cmp.Or(b.remaining()-a.remaining(), a.ID-b.ID) }).tier++
	return true
}
