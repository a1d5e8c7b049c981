package study

import (
	"context"
	"slices"

	"metronome/metrics"
	"metronome/sim"
)

// serve runs a cluster and returns its metrics. As many engines work at once as the plan
// allows, unless a watcher has to be shown the whole run in order of time: then one runs all.
func (p *Plan) serve(ctx context.Context, c sim.Config, watchers []metrics.Recorder) (*metrics.Set, error) {
	engines, whole := max(1, min(p.engines, p.Replicas())), slices.ContainsFunc(watchers, indivisible)
	if whole {
		engines = 1
	}
	sets, shown := make([]*metrics.Set, engines), make([]metrics.Tee, engines)
	recorders := make([]metrics.Recorder, engines)
	for i := range sets {
		sets[i] = p.newSet()
		shown[i] = parts(watchers, i)
		recorders[i] = p.seen(append(metrics.Tee{sets[i]}, shown[i]...))
	}
	if err := play(ctx, c, recorders, whole); err != nil {
		return nil, err
	}
	for i := 1; i < engines; i++ {
		sets[0].Merge(sets[i])
		for j, w := range watchers {
			w.(metrics.Divisible).Join(shown[i][j])
		}
	}
	return sets[0], nil
}

// play shows a run to recorders in parts, or as a whole to the first.
func play(ctx context.Context, c sim.Config, recorders []metrics.Recorder, whole bool) error {
	if whole {
		c.Recorder = recorders[0]
		return sim.Run(ctx, c)
	}
	return sim.RunParallel(ctx, c, recorders)
}

func indivisible(w metrics.Recorder) bool { _, ok := w.(metrics.Divisible); return !ok }

// parts returns what an engine shows its part of a run to: the first one to the
// watchers themselves.
func parts(watchers []metrics.Recorder, engine int) (all metrics.Tee) {
	for _, w := range watchers {
		if engine > 0 {
			w = w.(metrics.Divisible).Part()
		}
		all = append(all, w)
	}
	return all
}

func (p *Plan) newSet() *metrics.Set {
	set := metrics.New(p.Metrics())
	set.Add(new(rejections))
	return set
}

// seen returns a recorder that is shown what clients see.
func (p *Plan) seen(shown metrics.Tee) metrics.Recorder {
	switch {
	case p.Experiment.Workload.ClientDelay:
		return clientSide{shown, p.Pools}
	case len(shown) == 1:
		return shown[0]
	}
	return shown
}
