package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"metronome/hardware"
	"metronome/metrics"
)

// SizeOptions tell how a cluster is sought.
type SizeOptions struct {
	Workers int    // runs at once; 0 is one for each processor
	Ran     func() // called after each run, from several goroutines; may be nil
}

// A SizeResult is the cheapest cluster that holds a load.
type SizeResult struct {
	Rate      float64 // of the load, requests per second
	Reference string  // that set the deadlines
	Best      *Sized  // nil if none holds
	RunnerUp  *Sized  // the cheapest with other GPUs, or otherwise spread over them; nil if there is none
	Capacity  Interval
	Band      *RateBand // of the capacity, by the error of predictions; nil if nobody knows it
	Front     []Sized   // none is both cheaper and faster; by price
	Count     SizeCount
	Scenarios []Scenario
}

// A Scenario is a change of what was given, and the answer then.
type Scenario struct {
	Change string
	Best   *Sized // nil if none holds
}

// Size returns the cheapest cluster that holds the load of an experiment within
// its SLO, with what comes next and what would change the answer. First deadlines
// are those of h100-sxm at the least tensor-parallel degree that holds the model,
// unless the experiment names a reference.
func Size(ctx context.Context, z *Sizing, o Options, c SizeOptions) (*SizeResult, error) {
	s, err := newSizeSearch(z, o, c)
	if err != nil {
		return nil, err
	}
	found, err := s.all(ctx, outclassed)
	if err != nil {
		return nil, err
	}
	r := &SizeResult{Rate: s.rate, Reference: referenceName(s.experiment.SLO), Count: s.count, Front: front(found)}
	if len(found) == 0 {
		return r, nil
	}
	r.Best = &found[0]
	r.RunnerUp = other(found, *r.Best)
	if r.Capacity, r.Band, err = s.capacity(ctx, *r.Best); err != nil {
		return nil, err
	}
	r.Scenarios, err = s.scenarios(ctx, found)
	return r, err
}

// priceChange is the part by which the sensitivity to prices is tried.
const priceChange = 0.2

// outclassed reports whether a candidate can be neither the cheapest, even if
// prices change, nor on the front.
func outclassed(c *candidate, found []Sized) bool {
	cheapest, faster := math.Inf(1), false
	for _, f := range found {
		cheapest = min(cheapest, f.PricePerHour)
		faster = faster || f.PricePerHour <= c.leastCost() && f.TokenRate >= c.tokenRate
	}
	return faster && c.leastCost()*(1-priceChange) > cheapest*(1+priceChange)
}

// dearer reports whether a candidate cannot be the cheapest.
func dearer(c *candidate, found []Sized) bool {
	return slices.ContainsFunc(found, func(f Sized) bool { return f.PricePerHour <= c.leastCost() })
}

func newSizeSearch(z *Sizing, o Options, c SizeOptions) (*sizeSearch, error) {
	e := *z.Experiment
	if err := refer(&e, o); err != nil {
		return nil, err
	}
	gpu := e.Deployment
	if r := e.SLO.Reference; r != nil { // any that holds the model will do to survey the load
		degree := max(1, r.TensorParallel)
		gpu.GPU, gpu.TensorParallel = r.GPU, &degree
	}
	survey := e
	survey.Deployment = gpu
	p, err := survey.Plan(o)
	if err != nil {
		return nil, err
	}
	if p.Workload.Closed() {
		return nil, errors.New("workload.arrivals.process: closed-loop (has no rate that a cluster could be sized for)")
	}
	o.Warn = nil // what is put right has been told
	return &sizeSearch{sizing: z, experiment: p.rates(&e), options: o, asked: c, rate: p.meanRate(), fixed: e.bounded()}, nil
}

// refer names the reference of all candidates, unless the experiment does.
func refer(e *Experiment, o Options) error {
	if e.SLO.Prefill != nil || e.SLO.Reference != nil {
		return nil
	}
	spec, err := e.Deployment.Resolve()
	if err != nil {
		return err
	}
	spec.GPU = hardware.DefaultGPU
	for n := 1; ; n *= 2 {
		spec.TensorParallel = &n
		d, err := hardware.Open(o.Profiles, spec)
		if err == nil {
			if _, err = d.KVBlocks(1); err == nil {
				e.SLO.Reference = &metrics.Reference{GPU: spec.GPU, Model: spec.Model, TensorParallel: n, TokenBudget: 2048}
				return nil
			}
		}
		if n >= 64 {
			return fmt.Errorf("%w; so slo.reference must be written", err)
		}
	}
}

func referenceName(slo metrics.SLO) string {
	if r := slo.Reference; r != nil {
		return fmt.Sprintf("%s on %d × %s, token budget %d", r.Model, max(1, r.TensorParallel), r.GPU, r.TokenBudget)
	}
	return curveName(slo.Prefill.Curve)
}

// front returns the clusters of which no other is both cheaper and faster, by price.
func front(found []Sized) (best []Sized) {
	for _, f := range found { // by price, the faster first
		if len(best) == 0 || f.TokenRate > best[len(best)-1].TokenRate {
			best = append(best, f)
		}
	}
	return best
}

// other returns the cheapest cluster of another layout.
func other(found []Sized, best Sized) *Sized {
	for i, f := range found {
		if f.Layout != best.Layout {
			return &found[i]
		}
	}
	return nil
}

// capacity returns the largest load that a cluster holds.
func (s *sizeSearch) capacity(ctx context.Context, z Sized) (Interval, *RateBand, error) {
	e := s.paced(z.experiment(s.experiment), s.experiment.Seed, s.rate, max(leastRequests, eachRequests*z.Replicas))
	e.Workload.Warmup = s.experiment.Workload.Warmup // follows the rate unless written
	r, err := Capacity(ctx, e, s.options, CapacityOptions{Seeds: s.sizing.Seeds, Workers: s.asked.Workers})
	if err != nil {
		return Interval{}, nil, err
	}
	return r.Rate, r.Uncertainty, nil
}

// scenarios returns the answers under other prices, loads and lengths.
func (s *sizeSearch) scenarios(ctx context.Context, found []Sized) ([]Scenario, error) {
	var all []Scenario
	for _, offer := range s.sizing.GPUs {
		for _, factor := range []float64{1 - priceChange, 1 + priceChange} {
			all = append(all, Scenario{fmt.Sprintf("%s %+.0f %%", offer.Name, 100*(factor-1)), repriced(found, offer.Name, factor)})
		}
	}
	for _, change := range []struct {
		name          string
		rate, stretch float64
	}{{"load -20 %", 0.8 * s.rate, 0}, {"load +20 %", 1.2 * s.rate, 0}, {"replies +50 %", s.rate, 1.5}} {
		t := &sizeSearch{sizing: s.sizing, experiment: s.experiment, options: s.options, asked: s.asked, rate: change.rate, stretch: change.stretch, fixed: s.fixed}
		found, err := t.all(ctx, dearer)
		if err != nil {
			return nil, err
		}
		var best *Sized
		if len(found) > 0 {
			best = &found[0]
		}
		all = append(all, Scenario{change.name, best})
	}
	return all, nil
}

// repriced returns the cheapest cluster once the price of a GPU has changed.
func repriced(found []Sized, gpu string, factor float64) *Sized {
	again := slices.Clone(found)
	for i := range again {
		if again[i].GPU == gpu {
			again[i].PricePerHour *= factor
		}
	}
	best := slices.MinFunc(again, cheaper)
	return &best
}

// String tells a cluster in words.
func (z Sized) String() string {
	text := fmt.Sprintf("%d × %s", z.Replicas*z.GPUs(), z.GPU)
	var parts []string
	switch {
	case z.Disaggregated:
		parts = append(parts, fmt.Sprintf("%d replicas prefill, %d decode", z.PrefillReplicas, z.Replicas-z.PrefillReplicas))
	case z.Replicas > 1:
		parts = append(parts, fmt.Sprintf("%d replicas", z.Replicas))
	}
	if z.TensorParallel > 1 {
		parts = append(parts, fmt.Sprintf("tensor parallel %d", z.TensorParallel))
	}
	if z.PipelineParallel > 1 {
		parts = append(parts, fmt.Sprintf("pipeline parallel %d", z.PipelineParallel))
	}
	parts = append(parts, fmt.Sprintf("%s with a token budget of %d", z.Policy, z.TokenBudget))
	if z.Router != "" {
		parts = append(parts, "router "+z.Router)
	}
	return text + " (" + strings.Join(parts, ", ") + ")"
}
