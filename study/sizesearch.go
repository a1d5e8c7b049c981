package study

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"metronome/metrics"
)

// A Sized is a cluster that holds the load.
type Sized struct {
	Layout
	Variant
	Replicas        int     `json:"replicas"`
	PrefillReplicas int     `json:"prefill_replicas,omitempty"` // of them, if the cluster is disaggregated
	PricePerHour    float64 `json:"price_per_hour"`
	TokenRate       float64 `json:"fluid_token_rate"` // per second
	Attainment      float64 `json:"attainment"`
}

// A SizeCount tells what became of the candidates: layouts, each with all
// policies and token budgets.
type SizeCount struct {
	Candidates int    `json:"candidates"`
	Unfit      int    `json:"do_not_fit"`        // the model does not fit, or one replica is beyond the limits
	Why        string `json:"why_not,omitempty"` // the first of those does not fit
	Bounded    int    `json:"pruned"`            // the cost model shows that they cannot win
	Slow       int    `json:"too_slow"`          // do not hold even a lone request, in any variant
	Beyond     int    `json:"beyond_limits"`     // do not hold with all replicas that are allowed
	Holding    int    `json:"hold"`              // hold with some number of replicas
	Runs       int    `json:"simulated_runs"`
}

// A sizeSearch looks for the clusters that hold a load.
type sizeSearch struct {
	sizing     *Sizing
	experiment *Experiment // with the reference
	options    Options
	asked      SizeOptions
	rate       float64 // requests per second
	stretch    float64 // factor of the length of replies; 0 is 1
	fixed      bool    // the length of runs is written
	runs       atomic.Int64
	count      SizeCount
}

// atOnce is how many candidates are worked on between two looks at what cannot win
// any more. It does not depend on the number of processors, nor does the outcome.
const atOnce = 4

// all returns the clusters that hold, cheapest first. Candidates that hopeless
// says cannot matter, given what is known, are left out.
func (s *sizeSearch) all(ctx context.Context, hopeless func(*candidate, []Sized) bool) ([]Sized, error) {
	candidates, unfit, err := s.sizing.candidates(s.experiment, s.options, s.rate, s.stretch)
	if err != nil {
		return nil, err
	}
	s.count = SizeCount{Candidates: len(candidates) + len(unfit), Unfit: len(unfit)}
	if len(unfit) > 0 {
		s.count.Why = unfit[0].Error()
	}
	slices.SortStableFunc(candidates, func(a, b *candidate) int { return cmp.Compare(a.leastCost(), b.leastCost()) })
	var found []Sized
	for len(candidates) > 0 {
		var group []*candidate
		for len(candidates) > 0 && len(group) < atOnce {
			c := candidates[0]
			candidates = candidates[1:]
			if c.least() > c.most || hopeless(c, found) {
				s.count.Bounded++
				continue
			}
			group = append(group, c)
		}
		outcomes := make([]outcome, len(group))
		err := each(ctx, workers(s.asked.Workers), len(group), func(ctx context.Context, i int) (err error) {
			outcomes[i], err = s.size(ctx, group[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range outcomes {
			found = append(found, s.tally(o)...)
		}
	}
	s.count.Runs = int(s.runs.Load())
	slices.SortStableFunc(found, cheaper)
	return found, nil
}

// cheaper orders by price, then by fluid token rate.
func cheaper(a, b Sized) int {
	return cmp.Or(cmp.Compare(a.PricePerHour, b.PricePerHour), cmp.Compare(b.TokenRate, a.TokenRate))
}

// An outcome is the variants of a candidate that hold, or why none does.
type outcome struct {
	held []Sized
	slow bool
}

func (s *sizeSearch) tally(o outcome) []Sized {
	switch {
	case o.slow:
		s.count.Slow++
	case o.held == nil:
		s.count.Beyond++
	default:
		s.count.Holding++
	}
	return o.held
}

// size finds the fewest replicas with which a candidate holds, and the variants
// that do with so many.
func (s *sizeSearch) size(ctx context.Context, c *candidate) (outcome, error) {
	o := outcome{slow: true}
	guess, most := c.least(), c.most
	for i := range c.variants {
		alone, err := s.alone(ctx, c, i)
		if err != nil {
			return o, err
		}
		if !alone {
			continue
		}
		o.slow = false
		best, err := s.fewest(ctx, c, i, guess, most)
		if err != nil {
			return o, err
		}
		if best != nil {
			o.held = append(o.held, *best)
			guess, most = best.Replicas, best.Replicas
		}
	}
	o.held = slices.DeleteFunc(o.held, func(z Sized) bool { return z.Replicas > guess })
	return o, nil
}

// fewest returns the cluster with the fewest replicas that holds, nil if none with
// up to most does. It begins at a guess.
func (s *sizeSearch) fewest(ctx context.Context, c *candidate, variant, guess, most int) (*Sized, error) {
	least := max(c.least(), c.variants[variant].least())
	low, high := least-1, most+1 // does not hold, holds
	var best *Sized
	n, step := min(max(guess, least), most), 1
	for high-low > 1 {
		ok, sized, err := s.holds(ctx, c, variant, n)
		if err != nil {
			return nil, err
		}
		if ok {
			high, best = n, sized
		} else {
			low = n
		}
		switch {
		case best == nil: // further and further up
			n = min(low+step, high-1)
			step *= 2
		case low < guess && high == guess: // a good guess: try one less
			n = max(low+1, high-step)
			step *= 2
		default:
			n = (low + high) / 2
		}
	}
	return best, nil
}

// loneShare is the part of a replica's bound at which requests hardly meet.
const loneShare = 0.02

// alone reports whether a variant holds where requests hardly ever meet. If it
// does not, no number of replicas will do.
func (s *sizeSearch) alone(ctx context.Context, c *candidate, variant int) (bool, error) {
	v := c.variants[variant]
	r, err := s.run(ctx, c.plans[variant], c.sized(v, v.least()), s.experiment.Seed, loneShare*s.rate/c.busy, loneRequests)
	return err == nil && r != nil && r.Holds(), err
}

// Requests of the runs: where they are alone, and at least, and for each replica
// of a cluster.
const (
	loneRequests  = 200
	leastRequests = 2000
	eachRequests  = 250
)

// holds reports whether so many replicas hold the load with every seed.
func (s *sizeSearch) holds(ctx context.Context, c *candidate, variant int, replicas int) (bool, *Sized, error) {
	z := c.sized(c.variants[variant], replicas)
	for i := range s.sizing.Seeds {
		r, err := s.run(ctx, c.plans[variant], z, s.experiment.Seed+uint64(i), s.rate, max(leastRequests, eachRequests*replicas))
		if err != nil || r == nil || !r.Holds() {
			return false, nil, err
		}
		if i == 0 {
			z.TokenRate, _ = r.Lookup("fluidity.token_rate_per_s")
			z.Attainment, _ = r.Lookup("fluidity.attainment")
		}
	}
	return true, &z, nil
}

// run runs the plan of a candidate in another size. A run that is hopelessly
// overloaded has no report.
func (s *sizeSearch) run(ctx context.Context, p *Plan, z Sized, seed uint64, rate float64, requests int) (*metrics.Report, error) {
	s.runs.Add(1)
	e := s.paced(z.experiment(s.experiment), seed, rate, requests)
	p, err := p.again(e, s.options)
	if err != nil {
		return nil, err
	}
	if s.asked.Ran != nil {
		defer s.asked.Ran()
	}
	return p.runUnlessHopeless(ctx)
}

// paced returns an experiment as a search for capacity runs it.
func (s *sizeSearch) paced(e *Experiment, seed uint64, rate float64, requests int) *Experiment {
	search := capacitySearch{experiment: e, fixed: s.fixed, length: requests}
	return search.paced(seed, rate)
}
