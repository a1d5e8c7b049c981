package study

import (
	"context"

	"metronome/metrics"
	"metronome/sim"
)

// Run serves the workload once and returns what the metrics say. Watchers are
// metrics of their own, shown everything beside the registered ones; their rows
// are part of the report. It ends early, with the cause, once ctx is done.
func (p *Plan) Run(ctx context.Context, watchers ...metrics.Metric) (*metrics.Report, error) {
	set := metrics.New(p.Metrics())
	for _, w := range watchers {
		set.Add(w)
	}
	config, err := p.config(set)
	if err != nil {
		return nil, err
	}
	if err := sim.Run(ctx, config); err != nil {
		return nil, err
	}
	if err := workloadFailure(config); err != nil {
		return nil, err
	}
	return set.Report(), nil
}

// Metrics returns what the metrics of the run must be told.
func (p *Plan) Metrics() metrics.Options {
	o := metrics.Options{
		SLO:       p.Experiment.SLO,
		GPUs:      p.GPUs(),
		Warmup:    p.Experiment.Workload.Warmup,
		Reference: p.Reference.Name,
		Prefill:   p.Reference.Prefill,
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
	c := sim.Config{
		Source:          source,
		Replicas:        p.Deployment.Replicas,
		Router:          p.router.New(),
		Policy:          x.Scheduler.policies(p.Policy, x.Scheduler.Limits()),
		Cost:            p.cost,
		Blocks:          p.Blocks,
		BlockSize:       *x.Scheduler.BlockSize,
		MaxSequences:    *x.Scheduler.MaxSequences,
		MaxModelLen:     p.Deployment.MaxModelLen,
		MaxOutputTokens: *x.Scheduler.MaxOutputTokens,
		FirstDeadline:   p.Reference.FirstDeadline,
		Recorder:        recorder,
	}
	if n := x.Workload.MaxInFlight; n != nil {
		c.MaxInFlight = *n
	}
	return c, nil
}

// workloadFailure returns why the workload ended before its end, if it did.
func workloadFailure(c sim.Config) error {
	if f, ok := c.Source.(interface{ Err() error }); ok {
		return f.Err()
	}
	return nil
}
