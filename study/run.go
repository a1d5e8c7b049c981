package study

import (
	"context"

	"metronome/metrics"
	"metronome/sim"
	"metronome/workloads"
)

// Run serves the workload once and returns what the metrics say. Watchers are
// shown all that the metrics are. It ends early, with the cause, once ctx is done.
func (p *Plan) Run(ctx context.Context, watchers ...metrics.Recorder) (*metrics.Report, error) {
	config, err := p.config(nil)
	if err != nil {
		return nil, err
	}
	set, err := p.serve(ctx, config, watchers)
	if err != nil {
		return nil, err
	}
	if f, ok := config.Source.(interface{ Err() error }); ok && f.Err() != nil {
		return nil, f.Err()
	}
	return set.Report(), nil
}

// Metrics returns what the metrics of the run must be told.
func (p *Plan) Metrics() metrics.Options {
	o := metrics.Options{
		SLO:       p.Experiment.SLO,
		Tenants:   p.Experiment.tenants(),
		Warmup:    p.Experiment.Workload.Warmup,
		Reference: p.Reference.Name,
		Prefill:   p.Reference.Prefill,
		Offers:    p.offers(),
	}
	for _, pool := range p.Pools {
		o.Pools = append(o.Pools, pool.metrics())
	}
	if p.Survey.Counted {
		o.Requests = p.Survey.Requests
	}
	return o
}

// config returns the cluster, its workload drawn afresh.
func (p *Plan) config(recorder metrics.Recorder) (sim.Config, error) {
	x := p.Experiment
	source, err := p.Workload.Source()
	if err != nil {
		return sim.Config{}, err
	}
	if p.stretch > 0 {
		source = stretched{source, p.stretch, p.context()}
	}
	c := sim.Config{
		Source:        source,
		Router:        p.newRouter(workloads.Stream(x.Seed, "routing")),
		FirstDeadline: p.Reference.FirstDeadline,
		TBT:           x.gaps(),
		Recorder:      recorder,
	}
	for _, pool := range p.Pools {
		c.Pools = append(c.Pools, pool.sim(&x))
	}
	if p.disaggregated() {
		if c.Handover, err = x.Handover.sim(workloads.Stream(x.Seed, "handover")); err != nil {
			return c, err
		}
	}
	c.Admission, c.Faults = x.Admission.sim(), x.Faults.sim(workloads.Stream(x.Seed, "faults"))
	if age := x.Router.Staleness; age != nil {
		c.Staleness = *age
	}
	if n := x.Workload.MaxInFlight; n != nil {
		c.MaxInFlight = *n
	}
	if t := x.Workload.Timeout; t != nil {
		c.Timeout = *t
	}
	return c, nil
}
