package scheduler

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"metronome/hardware"
)

func init() {
	Register(Kind{
		Prefixes: true,
		Name:     "fluid", Doc: "spends the slack of decodes on chunks, and lets the longest prompts be late so that the fewest are",
		Budget: func(int) int { return 4096 },
		New: func(l Limits) Policy {
			p := &Fluid{paced: newPaced(l), LongestIteration: 60 * time.Millisecond}
			p.prompts = Prompts{Ranked: Ranked{Rank: fluidRank}, Demote: p.demote}
			return p
		},
	})
}

// Fluid serves for the fluidity-index. Chunks spend what slack the decodes have, as
// the cost model tells. Prompts run by deadline; where not all can be in time,
// the longest ones yield, which makes the fewest late (Moore and Hodgson, 1968), and
// those that are late follow after all others, the shortest first.
type Fluid struct {
	paced
	LongestIteration time.Duration `toml:"longest_iteration"` // whatever the slack

	prompts Prompts
	timely  []*Sequence // prompts that are to be in time, by deadline
	kept    []*Sequence // of timely, those that are
}

// Validate implements Validator.
func (p *Fluid) Validate() error {
	if p.LongestIteration <= 0 {
		return fmt.Errorf("scheduler.longest_iteration: %v (must be above 0)", p.LongestIteration)
	}
	return p.paced.Validate()
}

// Add implements Policy.
func (p *Fluid) Add(s *Sequence) {
	at, _ := slices.BinarySearchFunc(p.timely, s, byDeadline)
	p.timely = slices.Insert(p.timely, at, s)
	p.prompts.Push(s)
}

// Schedule implements Policy.
func (p *Fluid) Schedule(b *Batch) {
	p.decode(b, &p.prompts)
	p.limit = min(max(p.limit, 0), p.LongestIteration)
	p.sift(b)
	p.prompts.Prefill(b, func(s *Sequence) int { return p.chunk(b, s) })
}

// sift relegates prompts until the others can be in time, as far as can be told by
// the pace at which prompts run beside the decodes. It costs O(n²) for n prompts
// that can still be in time, which are few: their work fits their deadlines.
func (p *Fluid) sift(b *Batch) {
	p.timely = slices.DeleteFunc(p.timely, func(s *Sequence) bool { return s.Remaining() <= 0 || s.Aborted })
	if len(p.timely) == 0 {
		return
	}
	p.kept = p.kept[:0]
	tokenTime, end := p.tokenTimeBeside(b), float64(b.Now)
	for _, s := range p.timely {
		p.kept = append(p.kept, s)
		end += tokenTime * float64(s.Remaining())
		for end > float64(s.Deadline) && len(p.kept) > 0 {
			i := longest(p.kept)
			end -= tokenTime * float64(p.kept[i].Remaining())
			p.kept[i].relegated = true
			p.kept = slices.Delete(p.kept, i, i+1)
		}
	}
	p.timely = append(p.timely[:0], p.kept...)
}

// tokenTimeBeside returns the nanoseconds that a prompt token takes in iterations
// of the longest time with all decodes.
func (p *Fluid) tokenTimeBeside(b *Batch) float64 {
	decodes := hardware.Shape{Decodes: b.Shape().Decodes, DecodeContext: b.Shape().DecodeContext}
	n := fitting(p.Cost, decodes, 0, p.TokenBudget, p.LongestIteration)
	return float64(p.LongestIteration) / float64(max(n, 1))
}

// longest returns the place of the sequence that has most left to prefill.
func longest(list []*Sequence) (at int) {
	for i, s := range list {
		if s.Remaining() > list[at].Remaining() {
			at = i
		}
	}
	return at
}

// byDeadline orders prompts by deadline and, at equal ones, by number.
func byDeadline(s, t *Sequence) int {
	return cmp.Or(cmp.Compare(s.Deadline, t.Deadline), cmp.Compare(s.ID, t.ID))
}

// fluidRank puts relegated prompts behind all others.
func fluidRank(s *Sequence) int64 {
	if s.relegated {
		return relegatedRank + int64(s.Remaining())
	}
	return int64(s.Deadline)
}

const relegatedRank = math.MaxInt64 / 2

// demote tells that a prompt that waits has been relegated since it got its rank.
func (p *Fluid) demote(s *Sequence) bool {
	return s.relegated && !s.Running() && p.prompts.heap[0].rank < relegatedRank
}
