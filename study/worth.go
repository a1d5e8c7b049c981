package study

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

// A Worth is what the model of a pool is worth to clients: keys of [[pool]].
type Worth struct {
	Quality     metrics.Quality `toml:"quality,omitempty"`      // share of good answers, or a table by class
	PromptPrice *float64        `toml:"prompt_price,omitempty"` // dollars per million tokens; what the GPUs cost at full load if not written
	OutputPrice *float64        `toml:"output_price,omitempty"`
}

// validate names the first key whose value makes no sense.
func (w Worth) validate() error {
	for _, p := range []struct {
		key   string
		value *float64
	}{{"prompt_price", w.PromptPrice}, {"output_price", w.OutputPrice}} {
		switch {
		case p.value == nil:
		case w.Quality == nil:
			return fmt.Errorf("%s: %v without quality (must have both or neither)", p.key, *p.value)
		case finite(*p.value) == nil || *p.value < 0:
			return fmt.Errorf("%s: %v (must be a finite number, and not negative)", p.key, *p.value)
		}
	}
	return nil
}

// validateOffers reports the first pool whose offer cannot be compared with those of
// the others.
func validateOffers(pools []PoolSpec) error {
	priced := slices.ContainsFunc(pools, func(p PoolSpec) bool { return p.Quality != nil })
	for i, p := range pools {
		key := fmt.Sprintf("pool.%d", i)
		if err := p.Worth.validate(); err != nil {
			return about(key, fmt.Errorf("%s.%w", key, err))
		}
		if priced && p.Quality == nil {
			return about(key, fmt.Errorf("%s.quality: missing (all pools must have one, or none)", key))
		}
		if priced && p.Role != sim.Whole {
			return about(key, fmt.Errorf("%s.role: %s beside quality (must be whole)", key, p.Role))
		}
	}
	return nil
}

// offering reports whether the pools serve models of different worth.
func (p *Plan) offering() bool { return p.Spec.Quality != nil }

// offers returns what the pools have to offer; nil if they are not told apart.
func (p *Plan) offers() *metrics.Offers {
	if !p.offering() {
		return nil
	}
	x := p.Experiment
	o := &metrics.Offers{Luck: workloads.NewLuck(x.Seed, "quality")}
	if w := x.Router.PriceWeight; w != nil {
		o.PriceWeight = *w
	}
	for _, pool := range p.Pools {
		s := pool.Spec
		offer := metrics.Offer{Name: s.Name, Quality: s.Quality}
		if s.PromptPrice != nil && s.OutputPrice != nil {
			offer.PromptPrice, offer.OutputPrice = *s.PromptPrice/1e6, *s.OutputPrice/1e6
		}
		o.Pools = append(o.Pools, offer)
	}
	return o
}

// graded reports a class of requests of which a pool with a quality says nothing. It
// warns of classes that no request is of.
func (p *Plan) graded() error {
	for i, pool := range p.Pools {
		key, q := fmt.Sprintf("pool.%d.quality", i), pool.Spec.Quality
		_, other := q[metrics.AnyOther]
		if !other && p.unclassed() {
			return at(key, fmt.Errorf("says nothing of requests without a class (must have %s)", metrics.AnyOther))
		}
		for _, class := range slices.Sorted(maps.Keys(p.Survey.Classes)) {
			if _, named := q[class]; !named && !other {
				return at(key, fmt.Errorf("says nothing of the class %q (must name it, or have %s)", class, metrics.AnyOther))
			}
		}
		for _, class := range slices.Sorted(maps.Keys(q)) {
			if class != metrics.AnyOther && p.Survey.Classes[class] == 0 {
				p.warn(fmt.Sprintf("%s: no request is of the class %q", key, class))
			}
		}
	}
	return nil
}

// unclassed reports whether there are requests without a class.
func (p *Plan) unclassed() bool {
	n := p.Survey.Requests
	for _, of := range p.Survey.Classes {
		n -= of
	}
	return n > 0
}

// newRouter returns the router of arrivals, which knows the pools.
func (p *Plan) newRouter(random *rand.Rand) scheduler.Router {
	spec := p.Experiment.Router
	if offers := p.offers(); offers != nil {
		spec.Pools.Grade = offers.Grade
		for _, pool := range p.Pools {
			spec.Pools.Replicas = append(spec.Pools.Replicas, pool.Most())
		}
	}
	return p.router.New(spec, random)
}
