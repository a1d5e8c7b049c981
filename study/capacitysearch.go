package study

import (
	"cmp"
	"context"
	"math"
	"sync"
	"time"

	"metronome/hardware"
	"metronome/metrics"
)

// A capacitySearch probes an experiment at several rates and seeds.
type capacitySearch struct {
	experiment *Experiment
	plan       *Plan // of the experiment
	options    Options
	asked      CapacityOptions
	criterion  Criterion

	start, step float64
	length      int  // requests of a run
	fixed       bool // the length is written

	lock   sync.Mutex
	probes []Probe
}

func newCapacitySearch(e *Experiment, o Options, c CapacityOptions) (*capacitySearch, error) {
	p, err := e.Plan(o)
	if err != nil {
		return nil, err
	}
	if err := checkCapacity(p, c); err != nil {
		return nil, e.draft.locate(err)
	}
	o.Warn = nil // what is put right has been told
	for _, pool := range p.Pools {
		pool.Deployment.GPU.Power = hardware.Power{} // nobody looks at the energy
	}
	s := &capacitySearch{experiment: p.rates(e), plan: p, options: o, asked: c, start: p.meanRate(), step: 2, fixed: e.bounded()}
	s.length = firstLength
	if s.fixed {
		s.length = p.Survey.Requests
	}
	s.criterion, err = ParseCriterion(cmp.Or(c.Criterion, "fluidity"), e.SLO)
	return s, at("--criterion", err)
}

// overSeeds searches at every seed. Those after the first begin where it ended.
func (s *capacitySearch) overSeeds(ctx context.Context) ([]Bracket, error) {
	brackets := make([]Bracket, s.asked.seeds())
	first, err := s.at(ctx, s.experiment.Seed)
	if err != nil {
		return nil, err
	}
	brackets[0] = first
	if first.Low > 0 {
		s.start, s.step = first.Low, 1+2*s.asked.tolerance()
	}
	err = each(ctx, workers(s.asked.Workers), len(brackets)-1, func(ctx context.Context, i int) (err error) {
		brackets[i+1], err = s.at(ctx, s.experiment.Seed+uint64(i)+1)
		return err
	})
	return brackets, err
}

// at searches at a seed. Each begins a little elsewhere, so that brackets of one
// width do not all end at the same rates.
func (s *capacitySearch) at(ctx context.Context, seed uint64) (Bracket, error) {
	_, part := math.Modf(float64(seed-s.experiment.Seed) * math.Phi)
	b := search{start: s.start * (1 + part*s.asked.tolerance()), step: s.step, tolerance: s.asked.tolerance(), holds: func(rate float64) (bool, error) {
		return s.probe(ctx, seed, rate)
	}}
	return b.run()
}

// probe runs the experiment at a rate.
func (s *capacitySearch) probe(ctx context.Context, seed uint64, rate float64) (bool, error) {
	e := s.paced(seed, rate)
	p, err := s.plan.again(e, s.options)
	if err != nil {
		return false, err
	}
	var r *metrics.Report
	if s.asked.Measure != nil {
		r, err = s.asked.Measure(ctx, e)
	} else {
		r, err = p.Run(ctx)
	}
	if err != nil {
		return false, err
	}
	probe := newProbe(p, rate, r)
	if probe.Holds, err = s.criterion.Holds(r); err != nil {
		return false, at("--criterion", err)
	}
	if s.asked.Probed != nil {
		s.asked.Probed(probe)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.probes = append(s.probes, probe)
	return probe.Holds, nil
}

// paced returns the experiment at another rate, seed and length.
func (s *capacitySearch) paced(seed uint64, rate float64) *Experiment {
	e := s.experiment.apart()
	e.Seed = seed
	e.pace(rate)
	if !s.fixed {
		e.share(s.length)
	}
	if w := &e.Workload; w.Warmup == 0 {
		w.Warmup = time.Duration(warmupShare * float64(s.length) / rate * float64(time.Second))
		if d := e.longest(); d > 0 {
			w.Warmup = time.Duration(warmupShare * float64(d))
		}
	}
	return e
}

func byRate(a, b Probe) int {
	return cmp.Or(cmp.Compare(a.Requests, b.Requests), cmp.Compare(a.Seed, b.Seed), cmp.Compare(a.Rate, b.Rate))
}
