package study

import (
	"slices"
	"time"

	"metronome/workloads"
)

// loads returns the workloads that requests come from: those of the tenants, or
// else [workload].
func (e *Experiment) loads() []*Workload {
	if !e.merged() {
		return []*Workload{&e.Workload}
	}
	var all []*Workload
	for _, t := range e.Tenants {
		all = append(all, t.Workload)
	}
	return all
}

// apart returns a copy whose workloads can be changed.
func (e *Experiment) apart() *Experiment {
	c := *e
	c.Tenants = slices.Clone(e.Tenants)
	for i, t := range e.Tenants {
		if t.Workload != nil {
			w := *t.Workload
			c.Tenants[i].Workload = &w
		}
	}
	return &c
}

// bounded reports whether it is written how many requests arrive, or how long.
func (e *Experiment) bounded() bool {
	return slices.ContainsFunc(e.loads(), func(w *Workload) bool {
		return w.Requests != nil || w.Duration != nil || w.Trace != ""
	})
}

// pace lets requests arrive at a rate per second in all. Tenants keep their shares
// of it; closed loops have none, and stay as they are.
func (e *Experiment) pace(rate float64) {
	loads, sum := e.loads(), 0.0
	if len(loads) == 1 {
		loads[0].Arrivals.Rate = &rate
		return
	}
	for _, w := range loads {
		if r := w.Arrivals.Rate; r != nil {
			sum += *r
		}
	}
	for _, w := range loads {
		if r := w.Arrivals.Rate; r != nil {
			own := rate * (*r / sum)
			w.Arrivals.Rate = &own
		}
	}
}

// share bounds the requests, where nothing does.
func (e *Experiment) share(requests int) {
	var specs []*workloads.Spec
	for _, w := range e.loads() {
		specs = append(specs, &w.Spec)
	}
	workloads.ShareRequests(specs, requests)
}

// longest returns the longest time for which requests are written to arrive, 0 if
// none is written.
func (e *Experiment) longest() (d time.Duration) {
	for _, w := range e.loads() {
		if w.Duration != nil {
			d = max(d, *w.Duration)
		}
	}
	return d
}

// rates writes the mean rates of tenants, as surveyed, into a copy of the experiment
// of the plan as it was before.
func (p *Plan) rates(e *Experiment) *Experiment {
	if !e.merged() {
		return e
	}
	e = e.apart()
	for i, w := range e.loads() {
		if w.Arrivals.Rate = nil; p.rated(i) {
			rate := p.loadRate(i)
			w.Arrivals.Rate = &rate
		}
	}
	return e
}

// rated reports whether a workload has a rate.
func (p *Plan) rated(i int) bool {
	a := p.Experiment.loads()[i].Arrivals
	return a.Rate != nil || a.Users == nil
}

// loadRate returns the rate at which the requests of a workload arrive.
func (p *Plan) loadRate(i int) float64 {
	if rate := p.Experiment.loads()[i].Arrivals.Rate; rate != nil {
		return *rate
	}
	return float64(p.surveys[i].Requests) / max(p.surveys[i].Span, time.Second).Seconds()
}

// meanRate returns the rate at which the requests of a plan arrive.
func (p *Plan) meanRate() (sum float64) {
	for i := range p.Experiment.loads() {
		if p.rated(i) {
			sum += p.loadRate(i)
		}
	}
	return sum
}
