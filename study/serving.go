package study

import (
	"context"

	"metronome/metrics"
	"metronome/sim"
)

// serve runs a cluster and returns its metrics. Watchers are shown a run in order of
// time, which takes one engine; without any there are as many as the plan allows.
func (p *Plan) serve(ctx context.Context, c sim.Config, watchers []metrics.Recorder) (*metrics.Set, error) {
	if len(watchers) > 0 {
		set := p.newSet()
		c.Recorder = p.seen(append(metrics.Tee{set}, watchers...))
		return set, sim.Run(ctx, c)
	}
	sets := make([]*metrics.Set, max(1, min(p.engines, p.Replicas())))
	recorders := make([]metrics.Recorder, len(sets))
	for i := range sets {
		sets[i] = p.newSet()
		recorders[i] = p.seen(sets[i])
	}
	if err := sim.RunParallel(ctx, c, recorders); err != nil {
		return nil, err
	}
	for _, s := range sets[1:] {
		sets[0].Merge(s)
	}
	return sets[0], nil
}

func (p *Plan) newSet() *metrics.Set {
	set := metrics.New(p.Metrics())
	set.Add(new(rejections))
	return set
}

// seen returns a recorder that is shown what clients see.
func (p *Plan) seen(r metrics.Recorder) metrics.Recorder {
	if p.Experiment.Workload.ClientDelay {
		return clientSide{metrics.Tee{r}, &p.Deployment.Engine}
	}
	return r
}
