package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"metronome/hardware"
)

// emitted tells s, which has a new token, when the next is due.
func (o *oracle) emitted(s *visited, byPrefill bool) {
	if o.Policy == "fluid" {
		o.credited(s, byPrefill)
		return
	}
	gap := o.gap(s.Request)
	if byPrefill {
		s.due = s.Arrival + deadline(s.PromptTokens) + time.Duration(len(s.Times)-1)*gap
	}
	s.due = max(s.due, o.now) + gap
}

// least is the default of least_chunk.
const least = 128

// timely returns the tokens of s that an iteration still takes if it is to end
// before any decode is due.
func (o *oracle) timely(s *visited) int {
	ends, prompts := time.Duration(math.MaxInt64), 0
	for _, r := range o.running {
		switch {
		case r.plan > 0 && r.remaining() == 0:
			ends = min(ends, r.due-o.now)
		case r.plan > 0:
			prompts += r.plan
		}
	}
	if o.Policy == "fluid" {
		ends = o.limit
	}
	most := min(s.remaining(), o.LongestChunk, o.Budget-o.planned)
	n := most
	for ; n > 0; n-- {
		shape := o.shape()
		shape.Chunk(n, s.cached)
		if (plainCost{}).IterationTime(shape) <= ends {
			break
		}
	}
	return max(n, min(most, least-prompts))
}

func (o *oracle) sloChunk() {
	o.decodes()
	for _, s := range o.running {
		if s.remaining() > 0 {
			o.prefill(s, o.timely(s))
		}
	}
	for len(o.waiting) > 0 && o.watermark(o.front()) && o.timely(o.waiting[0]) > 0 {
		s := o.admit()
		o.take(s, s.target)
		o.prefill(s, o.timely(s))
	}
}

// work returns the time that the rest of a prompt takes alone.
func (o *oracle) work(s *visited) float64 {
	var whole hardware.Shape
	whole.Chunk(o.Budget, 0)
	return float64(plainCost{}.IterationTime(whole)) / float64(o.Budget) * float64(s.remaining())
}

// ranks are the orders of prompts.
func (o *oracle) rank(s *visited) time.Duration {
	due := s.Arrival + deadline(s.PromptTokens)
	switch o.Policy {
	case "sjf":
		return time.Duration(s.PromptTokens)
	case "edf":
		return due
	case "srpf":
		return time.Duration(s.remaining())
	case "fluid":
		return o.fluidRank(s)
	case "qoserve":
		if s.relegated {
			due += math.MaxInt64 / 2
		}
		return due + time.Duration(o.work(s))
	}
	return 0
}

func byRank(a, b *visited) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.ID, b.ID)) }

// relegate reports whether s has lost its rank just now.
func (o *oracle) relegate(s *visited) bool {
	if o.Policy == "fluid" {
		return s.ranked != s.tier
	}
	late := o.Policy == "qoserve" && !s.relegated && o.now+time.Duration(o.work(s)) > s.Arrival+deadline(s.PromptTokens)
	s.relegated = s.relegated || late
	return late
}

// byUrgency plans prompts in order of rank, as long as there are tokens for the next.
func (o *oracle) byUrgency(tokens func(*visited) int) {
	var begun []*visited
	for _, s := range o.running {
		if s.remaining() > 0 {
			o.relegate(s)
			s.rank = o.rank(s)
			begun = append(begun, s)
		}
	}
	slices.SortFunc(begun, byRank)
	for {
		for len(o.waiting) > 0 && o.relegate(o.waiting[0]) {
			s := o.waiting[0]
			o.waiting = o.waiting[1:]
			o.wait(s)
		}
		comes := len(o.waiting) > 0 && (len(begun) == 0 || byRank(o.waiting[0], begun[0]) < 0) && o.watermark(o.front())
		switch {
		case comes && tokens(o.waiting[0]) > 0:
			s := o.admit()
			o.take(s, s.target)
			o.prefill(s, tokens(s))
		case !comes && len(begun) > 0 && tokens(begun[0]) > 0:
			o.prefill(begun[0], tokens(begun[0]))
			begun = begun[1:]
		default:
			return
		}
	}
}

func (o *oracle) srpf() {
	o.decodes()
	o.byUrgency(func(s *visited) int { return min(s.remaining(), o.LongestChunk, o.Budget-o.planned) })
}

func (o *oracle) qoserve() {
	o.decodes()
	o.byUrgency(o.timely)
}
