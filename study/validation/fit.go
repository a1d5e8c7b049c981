package validation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"metronome/hardware"
)

// A Fit is an engine whose constants were fitted to recordings.
type Fit struct {
	Engine      string // its profile
	Experiments []string
	Constants   []Constant

	// Errors of the experiments that were fitted, and of experiments that the fit
	// had not seen: one left out at a time, or all of a model or of a GPU, or those and
	// the kernels that were measured on it.
	InSample, LeftOut, LeftOutModel, LeftOutGPU, LeftOutKernels Pools

	GPUs, Models []string // profiles that the experiments ran on
}

// A Constant is a fitted figure of an engine.
type Constant struct {
	Name  string
	Value float64
}

// A fitting is a fit in the making.
type fitting struct {
	folder  *Folder
	sim     Simulator
	judge   Simulator // of what was left out
	workers int
	all     []*Experiment
	at      []float64             // the constants
	ahead   bool                  // iterations are planned ahead
	rigs    []hardware.Deployment // that the experiments ran on
}

// rounds is how often all experiments are simulated anew with nudged constants.
const rounds = 6

// FitEngine fits the constants of an engine to the experiments that ran on it and
// were not overloaded. It simulates each about thirty times.
func (f *Folder) FitEngine(ctx context.Context, s *Simulator, engine string, workers int) (*Fit, error) {
	t := &fitting{folder: f, sim: *s, judge: *s, workers: workers}
	for i := range f.Experiments {
		x := &f.Experiments[i]
		d, err := f.rig(x).open(s.Profiles)
		if err == nil && d.Engine.Name == engine && Steady(x) {
			t.all, t.rigs = append(t.all, x), append(t.rigs, d)
			t.ahead = d.Engine.Async
		}
	}
	if len(t.all) < 1 {
		return nil, fmt.Errorf("validation: no experiment ran on %s", engine)
	}
	return t.run(ctx, engine)
}

// settle looks for the constants. The same beginning gives the same end.
func (t *fitting) settle(ctx context.Context) (quadratic, error) {
	t.at = make([]float64, len(constants))
	for i, c := range constants {
		if !t.hidden(i) {
			t.at[i] = c.nudge
		}
	}
	for range rounds {
		q := t.linearise(ctx)
		if ctx.Err() != nil {
			return q, context.Cause(ctx)
		}
		if q.experiments() == 0 {
			return q, errors.New("validation: nothing to fit to (no experiment has measured latencies)")
		}
		t.at = q.minimum(t.at, nil)
	}
	return t.linearise(ctx), nil
}

func (t *fitting) run(ctx context.Context, engine string) (*Fit, error) {
	q, err := t.settle(ctx)
	if err != nil {
		return nil, err
	}
	fit := &Fit{Engine: engine}
	for i, c := range constants {
		fit.Constants = append(fit.Constants, Constant{c.name, t.at[i]})
	}
	for i, x := range t.all {
		fit.Experiments = append(fit.Experiments, x.ID)
		fit.GPUs, fit.Models = append(fit.GPUs, t.rigs[i].GPU.Name), append(fit.Models, t.rigs[i].Model.Name)
	}
	fit.GPUs, fit.Models = distinct(fit.GPUs), distinct(fit.Models)
	gpu := func(x *Experiment) string { return x.GPU }
	fit.InSample = t.leaveOut(ctx, q, nil)
	fit.LeftOut = t.leaveOut(ctx, q, func(x *Experiment) string { return x.ID })
	fit.LeftOutModel = t.leaveOut(ctx, q, func(x *Experiment) string { return x.Model })
	fit.LeftOutGPU = t.leaveOut(ctx, q, gpu)
	t.judge.GPU = t.borrow
	fit.LeftOutKernels = t.leaveOut(ctx, q, gpu)
	return fit, context.Cause(ctx)
}

// borrow gives a GPU the kernels of another that was recorded, if there is one.
func (t *fitting) borrow(g *hardware.GPU) {
	for i := range t.rigs {
		if other := t.rigs[i].GPU; other.Name != g.Name && other.Measured() {
			*g = g.Borrowing(other)
			return
		}
	}
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// leaveOut returns the errors of experiments, each simulated with constants that
// were fitted without its group, or with all if group is nil.
func (t *fitting) leaveOut(ctx context.Context, q quadratic, group func(*Experiment) string) Pools {
	report := &Report{Runs: make([]*Run, len(t.all))}
	without := map[string][]float64{}
	for _, x := range t.all {
		if group != nil && without[group(x)] == nil {
			without[group(x)] = t.without(ctx, q, func(y *Experiment) bool { return group(y) == group(x) })
		}
	}
	parallel(len(t.all), t.workers, func(i int) {
		at := t.at
		if group != nil {
			at = without[group(t.all[i])]
		}
		report.Runs[i] = t.simulate(ctx, &t.judge, i, at)
	})
	return report.pooled()
}

// without returns the constants of a fit that leaves experiments out: the least of
// the quadratic or, where it is far because less than half are left, a fit anew.
func (t *fitting) without(ctx context.Context, q quadratic, out func(*Experiment) bool) []float64 {
	rest := slices.DeleteFunc(slices.Clone(t.all), out)
	if 0 < len(rest) && 2*len(rest) < len(t.all) {
		again := &fitting{folder: t.folder, sim: t.sim, workers: t.workers, all: rest, ahead: t.ahead}
		if _, err := again.settle(ctx); err == nil {
			return again.at
		}
	}
	return q.minimum(t.at, func(i int) bool { return out(t.all[i]) })
}

// hidden reports whether a constant is 0 because the GPU hides it.
func (t *fitting) hidden(i int) bool { return t.ahead && constants[i].host }

func (t *fitting) simulate(ctx context.Context, by *Simulator, i int, at []float64) *Run {
	s := *by
	s.Engine = setting(at)
	run, _ := t.folder.Run(ctx, &s, t.all[i])
	return run
}

// fitted are the figures of every stage that are fitted, and their weights.
var fitted = map[string]float64{"tpot": 1, "ttft_mean": 0.5}

// deviations returns the logarithms of predicted over measured figures, weighted.
func deviations(run *Run) (all []float64) {
	for i := range run.Spans {
		s := &run.Spans[i]
		if s.Stage == wholeRun && len(run.Spans) > 1 {
			continue // its stages are there
		}
		for _, f := range s.Figures {
			if w := fitted[f.Name]; w > 0 {
				all = append(all, w*math.Log(f.Predicted/f.Measured))
			}
		}
	}
	return all
}

// linearise simulates all experiments at the constants and at nudged ones.
func (t *fitting) linearise(ctx context.Context) quadratic {
	n := len(constants) + 1
	results := make([][]float64, n*len(t.all))
	parallel(len(results), t.workers, func(k int) {
		at := slices.Clone(t.at)
		c := k % n
		if c > 0 {
			at[c-1] += constants[c-1].nudge
		}
		if ctx.Err() == nil && (c == 0 || !t.hidden(c-1)) {
			results[k] = deviations(t.simulate(ctx, &t.sim, k/n, at))
		}
	})
	var q quadratic
	for i := range t.all {
		of := results[i*n : (i+1)*n]
		for c := range constants {
			if t.hidden(c) {
				of[c+1] = of[0]
			}
		}
		q.add(of)
	}
	return q
}

// pooled is MAPE over whole runs and, where only they were recorded, stages.
func (r *Report) pooled() Pools {
	all := gathered{}
	for _, run := range r.Runs {
		for i := range run.Spans {
			all.add(run.Spans[i].Figures)
			if run.Whole() != nil {
				break
			}
		}
	}
	return all.pools()
}
