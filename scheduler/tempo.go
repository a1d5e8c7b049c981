package scheduler

import (
	"math"
	"time"
)

// A tempo is a way to go on: iterations of a length until some prompts are done.
type tempo struct {
	lasts  float64       // ns, of an iteration
	tokens float64       // of prompts that it takes
	limit  time.Duration // of the next iteration
}

const (
	lost      = 0.1 // nobody waits for a reader with a smaller chance
	foresight = 16  // prompts that are looked at
)

// patience returns how long the iteration may last.
func (p *Fluid) patience(b *Batch) time.Duration {
	slack, longest := time.Duration(math.MaxInt64), time.Duration(p.LongestIteration*float64(p.TBT))
	for _, s := range p.audience.readers {
		if d := s.due - b.Now; d < slack && p.audience.goesOn(b, s, 0, float64(p.TBT)) >= lost {
			slack = d
		}
	}
	if slack >= longest || len(p.timely) == 0 {
		return slack
	}
	return p.best(b, p.timely[:min(len(p.timely), foresight)], slack)
}

// best returns the limit of the tempo by which most replies are likely to be served:
// one that ends iterations in time for the decodes, one that makes them wait for
// another D_d and, if they are behind by the no-reset index, one at which they catch up.
// It visits all members log foresight times a tempo where any is likely to lose, once
// where none is.
func (p *Fluid) best(b *Batch, prompts []*Sequence, slack time.Duration) time.Duration {
	at := b.Context(prompts[0]) + prompts[0].Remaining()/2
	least := *b.Shape()
	least.Chunk(p.LeastChunk, at)
	behind := p.NoReset && slack < p.TBT
	wait := max(slack, 0)
	if behind {
		wait = p.TBT
	}
	catchUp := tempo{float64(p.Cost.IterationTime(least)), float64(p.LeastChunk), 0}
	inTime := p.lasting(b, at, p.TBT, wait)
	if catchUp.lasts > inTime.lasts {
		inTime = tempo{catchUp.lasts, catchUp.tokens, wait}
	}
	tempos := []tempo{inTime, p.lasting(b, at, 2*p.TBT, wait+p.TBT), catchUp}
	if !behind {
		tempos = tempos[:2]
	}
	best, chance := inTime, 0.0
	for _, t := range tempos {
		for n := 1; n <= len(prompts) && chance < float64(len(prompts)+len(p.audience.readers)); n *= 2 {
			if c := p.chance(b, prompts, n, t, inTime); c > chance+1e-9 {
				best, chance = t, c
			}
		}
	}
	return best.limit
}

// lasting returns the tempo of iterations of a length.
func (p *Fluid) lasting(b *Batch, cached int, length, limit time.Duration) tempo {
	return tempo{float64(length), float64(max(1, fitting(p.Cost, *b.Shape(), cached, p.TokenBudget, length))), limit}
}

// chance returns how many replies are likely to be served if the first n prompts run
// at a tempo and the others at another one.
func (p *Fluid) chance(b *Batch, prompts []*Sequence, n int, first, then tempo) (sum float64) {
	end, tokens := float64(b.Now), 0
	for i, s := range prompts {
		t := then
		if i < n {
			t, tokens = first, tokens+s.Remaining()
		}
		end += float64(s.Remaining()) * t.lasts / t.tokens
		sum += p.audience.begins(end - float64(s.Deadline))
	}
	steps := int(math.Ceil(float64(tokens) / first.tokens))
	for _, s := range p.audience.readers {
		sum += p.audience.goesOn(b, s, steps, first.lasts)
	}
	return sum
}
