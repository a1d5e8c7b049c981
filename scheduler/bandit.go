package scheduler

import (
	"slices"

	"metronome/workloads"
)

// A Bandit learns which pool answers which class of requests best for its price,
// knowing nothing at first: each pool is an arm, each class a game of its own
// (the idea of MetaLLM, arXiv 2407.10834). It judges an answer when the request
// is over; one that did not finish is worth nothing and costs nothing. The choice
// of a pool is blind to load, so a pool may be overrun; within the pool the
// replica with the fewest sequences serves.
type Bandit struct {
	Explorer    Explorer
	Pools       Pools   // none is one pool of all replicas
	PriceWeight float64 // quality given up to save a dollar on a thousand requests

	arms  map[string][]Arm // by class
	least []Least          // of each pool
}

// An Arm is what a bandit knows of a pool for the requests of one class.
type Arm struct {
	Sent, Over int     // requests
	Quality    float64 // sum over those that are over
	Price      float64 // likewise, in units of quality
}

// Worth returns the mean of quality less price, or 0 while nothing is known.
func (a Arm) Worth() float64 { return a.mean(a.Quality) - a.mean(a.Price) }

func (a Arm) mean(sum float64) float64 { return sum / float64(max(a.Over, 1)) }

// An Explorer weighs trying an arm, to know it better, against taking the best
// one known. All arms have been tried; there are fewer while pools are down.
type Explorer interface {
	Pick(arms []Arm) int
}

// bandit returns a bandit over the pools of the spec.
func (s RouterSpec) bandit(e Explorer) *Bandit {
	b := &Bandit{Explorer: e, Pools: s.Pools}
	if s.PriceWeight != nil {
		b.PriceWeight = *s.PriceWeight
	}
	return b
}

// Route implements Router.
func (b *Bandit) Route(r workloads.Request, loads []Load) int {
	arms := b.class(r.Class)
	pool := b.pick(arms)
	if !b.up(pool, loads) {
		pool = b.pickUp(arms, loads)
	}
	arms[pool].Sent++
	first, end := b.replicas(pool, len(loads))
	return first + b.least[pool].Route(r, loads[first:end])
}

// Changed implements Follower.
func (b *Bandit) Changed(loads []Load, replica int) {
	for pool := range b.least {
		if first, end := b.replicas(pool, len(loads)); first <= replica && replica < end {
			b.least[pool].Changed(loads[first:end], replica-first)
		}
	}
}

// pick returns the arm to pull next.
func (b *Bandit) pick(arms []Arm) int {
	if i := untried(arms); i >= 0 {
		return i
	}
	return b.Explorer.Pick(arms)
}

// pickUp returns the arm to pull next out of those whose pools are up.
func (b *Bandit) pickUp(arms []Arm, loads []Load) int {
	var choice []Arm
	var pools []int
	for i, a := range arms {
		if b.up(i, loads) {
			choice, pools = append(choice, a), append(pools, i)
		}
	}
	return pools[b.pick(choice)]
}

// up reports whether any replica of a pool is not down.
func (b *Bandit) up(pool int, loads []Load) bool {
	first, end := b.replicas(pool, len(loads))
	return slices.ContainsFunc(loads[first:end], func(l Load) bool { return !l.Down })
}

// Learn implements Learner.
func (b *Bandit) Learn(r workloads.Request, pool int, finished bool) {
	arms := b.class(r.Class)
	if len(arms) == 1 {
		pool = 0 // whatever pools there are, they are one to the router
	}
	arm := &arms[pool]
	arm.Over++
	if finished && b.Pools.Grade != nil {
		quality, dollars := b.Pools.Grade(r, pool)
		arm.Quality += quality
		arm.Price += b.PriceWeight * 1000 * dollars
	}
}

// class returns the arms of a class.
func (b *Bandit) class(name string) []Arm {
	if b.arms == nil {
		b.arms = map[string][]Arm{}
		for range max(1, len(b.Pools.Replicas)) {
			b.least = append(b.least, Least{Of: (*Load).Sequences})
		}
	}
	arms := b.arms[name]
	if arms == nil {
		arms = make([]Arm, len(b.least))
		b.arms[name] = arms
	}
	return arms
}

// replicas returns the first replica of a pool and the first after it, of all.
func (b *Bandit) replicas(pool, all int) (first, end int) {
	if len(b.Pools.Replicas) == 0 {
		return 0, all
	}
	for _, n := range b.Pools.Replicas[:pool] {
		first += n
	}
	return first, first + b.Pools.Replicas[pool]
}

// untried returns the first arm that nothing was sent to, or -1.
func untried(arms []Arm) int {
	for i, a := range arms {
		if a.Sent == 0 {
			return i
		}
	}
	return -1
}

// best returns the arm with the highest score, the first of equals.
func best(arms []Arm, score func(Arm) float64) int {
	at, most := 0, 0.0
	for i, a := range arms {
		if s := score(a); i == 0 || s > most {
			at, most = i, s
		}
	}
	return at
}
