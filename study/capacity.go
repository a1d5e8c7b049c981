package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"metronome/metrics"
)

// CapacityOptions tell how a capacity is sought.
type CapacityOptions struct {
	Criterion string  // a name or bounds, see ParseCriterion; "" is "fluidity"
	Seeds     int     // repetitions, with the seed of the experiment and those after it; 0 is 5
	Tolerance float64 // width of a bracket, and what counts as stable, relative; 0 is 0.02
	Workers   int     // runs at once; 0 is one for each processor

	// Probed is told of every probe, from several goroutines; may be nil.
	Probed func(Probe)

	// Measure runs an experiment in place of the simulator, as on a live endpoint;
	// may be nil. It is called from several goroutines unless Workers is 1.
	Measure func(context.Context, *Experiment) (*metrics.Report, error)
}

const (
	defaultSeeds     = 5
	defaultTolerance = 0.02

	// The run is doubled from the first number of requests, at most to the last,
	// until that makes no difference.
	firstLength = 2000
	lastLength  = 32000

	// warmupShare is the part of the requests that tables leave out, so that the
	// cluster is no longer empty.
	warmupShare = 0.1
)

// A Probe is a run at a rate and what it shows.
type Probe struct {
	Rate     float64 `json:"requests_per_s"`
	Seed     uint64  `json:"seed"`
	Requests int     `json:"requests"`
	Holds    bool    `json:"holds"`

	Attainment float64 `json:"attainment"`           // share of requests with a fluidity-index of at least slo.fluidity
	TokenRate  float64 `json:"fluid_token_rate"`     // per second
	TBT        float64 `json:"tbt_p99_ms"`           // of all token gaps
	Delay      float64 `json:"scheduling_delay_p50"` // ms
}

// A CapacityResult is the largest rate within a service level, and its evidence.
type CapacityResult struct {
	Rate      Interval  // requests per second, over seeds
	Brackets  []Bracket // of each seed
	Requests  int       // of each run
	Stable    bool      // half the requests make no more difference than the tolerance, or their number is written
	Criterion Criterion
	Probes    []Probe // all, by requests, seed and rate

	Uncertainty *RateBand // by the error of predictions; nil if nobody knows it
}

// Capacity returns the largest rate at which an experiment meets its service
// level. The rate of the experiment is where the search begins. All rates see the
// same requests, arriving faster or slower. The tenth of the requests that
// arrives first is left out of tables unless workload.warmup is written, and runs
// get longer until the answer is stable unless their length is written.
func Capacity(ctx context.Context, e *Experiment, o Options, c CapacityOptions) (*CapacityResult, error) {
	s, err := newCapacitySearch(e, o, c)
	if err != nil {
		return nil, err
	}
	r := &CapacityResult{Criterion: s.criterion, Requests: s.length}
	for {
		if r.Brackets, err = s.overSeeds(ctx); err != nil {
			return nil, err
		}
		former := r.Rate.Mean
		r.Rate, r.Requests = NewInterval(lows(r.Brackets)), s.length
		r.Stable = s.fixed || math.Abs(r.Rate.Mean-former) <= c.tolerance()*r.Rate.Mean
		if r.Stable || 2*s.length > lastLength || r.Rate.Mean == 0 {
			break
		}
		s.length *= 2
		s.start, s.step = max(r.Rate.Mean, s.start/farthest), 1+2*c.tolerance()
	}
	if r.Uncertainty, err = s.band(ctx, r); err != nil {
		return nil, err
	}
	r.Probes = s.probes
	slices.SortFunc(r.Probes, byRate)
	return r, nil
}

func (c CapacityOptions) seeds() int {
	if c.Seeds == 0 {
		return defaultSeeds
	}
	return c.Seeds
}

func (c CapacityOptions) tolerance() float64 {
	if c.Tolerance == 0 {
		return defaultTolerance
	}
	return c.Tolerance
}

func lows(brackets []Bracket) (rates []float64) {
	for _, b := range brackets {
		rates = append(rates, b.Low)
	}
	return rates
}

// checkCapacity refuses experiments that have no rate.
func checkCapacity(p *Plan, c CapacityOptions) error {
	for i, w := range p.Experiment.loads() {
		if w.Arrivals.Stages != nil {
			return p.Experiment.inLoad(i, errors.New("workload.arrivals.stages: set (a capacity is a rate that stays)"))
		}
	}
	switch {
	case p.meanRate() == 0:
		return p.Experiment.inLoad(0, errors.New("workload.arrivals.process: closed-loop (has no rate that could be sought)"))
	case c.seeds() < 1:
		return fmt.Errorf("--seeds: %d (must be at least 1)", c.Seeds)
	case !(c.tolerance() > 0 && c.tolerance() < 1):
		return fmt.Errorf("--tolerance: %v (must be above 0 and below 1)", c.Tolerance)
	}
	return nil
}

func newProbe(p *Plan, rate float64, r *metrics.Report) Probe {
	probe := Probe{Rate: rate, Seed: p.Experiment.Seed, Requests: p.Survey.Requests}
	probe.Attainment, _ = r.Lookup("fluidity.attainment")
	probe.TokenRate, _ = r.Lookup("fluidity.token_rate_per_s")
	probe.TBT, _ = r.Lookup("latency.tbt_ms.p99")
	probe.Delay, _ = r.Lookup("latency.scheduling_delay_ms.p50")
	return probe
}
