package validation

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A Report is what all runs say together.
type Report struct {
	Runs   []*Run      // in the order of the folder
	Points []*PointRun // the same
	Peers  []Prediction
	Faults []error // of the folder and of its runs
}

// Validate simulates all of a folder, by the given number of workers. It ends
// early, with the cause, once ctx is done.
func (f *Folder) Validate(ctx context.Context, s *Simulator, workers int) (*Report, error) {
	r := &Report{Runs: make([]*Run, len(f.Experiments)), Points: make([]*PointRun, len(f.Points)), Peers: f.Peers}
	faults := make([][]error, len(r.Runs)+len(r.Points))
	parallel(len(faults), workers, func(i int) {
		if ctx.Err() != nil {
			return
		}
		if i < len(r.Runs) {
			r.Runs[i], faults[i] = f.Run(ctx, s, &f.Experiments[i])
			return
		}
		p := s.RunPoint(ctx, &f.Points[i-len(r.Runs)])
		r.Points[i-len(r.Runs)] = p
		if p.Err != nil {
			faults[i] = []error{p.Err}
		}
	})
	r.Faults = slices.Concat(f.Faults, slices.Concat(faults...))
	return r, context.Cause(ctx)
}

// parallel calls do for every number below n.
func parallel(n, workers int, do func(i int)) {
	next := make(chan int)
	var done sync.WaitGroup
	for range max(1, workers) {
		done.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	done.Wait()
}

// Metrics are the figures that errors are pooled of, in the order of tables.
var Metrics = []string{
	"e2e_mean", "e2e_p50", "e2e_p90", "e2e_p99", "ttft_mean", "ttft_p50", "ttft_p90", "ttft_p99",
	"tpot", "tpot_p50", "tpot_p90", "tpot_p99", "throughput",
}

// Pools are pooled errors by metric.
type Pools map[string]Pool

// gathered are errors in percent by metric.
type gathered map[string][]float64

func (g gathered) add(figures []Figure) {
	for _, f := range figures {
		g[f.Name] = append(g[f.Name], f.Error())
	}
}

func (g gathered) pools() Pools {
	p := Pools{}
	for name, errors := range g {
		p[name] = pool(errors)
	}
	return p
}

// Whole returns the whole run, or nil if only stages were recorded.
func (r *Run) Whole() *Span {
	if len(r.Spans) > 0 && r.Spans[0].Stage == wholeRun {
		return &r.Spans[0]
	}
	return nil
}

// MAPE pools the errors of whole runs that keep says to.
func (r *Report) MAPE(keep func(*Experiment) bool) Pools {
	all := gathered{}
	for _, run := range r.Runs {
		if w := run.Whole(); w != nil && keep(run.Experiment) {
			all.add(w.Figures)
		}
	}
	return all.pools()
}

// Warm is MAPE without the first requests.
func (r *Report) Warm() Pools {
	all := gathered{}
	for _, run := range r.Runs {
		if w := run.Whole(); w != nil {
			all.add(w.WarmFigures)
		}
	}
	return all.pools()
}

// Stages pools the errors of the stages of runs of which only stages were recorded.
func (r *Report) Stages() Pools {
	all := gathered{}
	for _, run := range r.Runs {
		if run.Whole() == nil {
			for i := range run.Spans {
				all.add(run.Spans[i].Figures)
			}
		}
	}
	return all.pools()
}

// All keeps every experiment.
func All(*Experiment) bool { return true }

// Steady keeps experiments in which the queue did not grow.
func Steady(x *Experiment) bool { return !x.Overloaded }

// A Peer is how another simulator did, beside ours on the same runs.
type Peer struct {
	Name         string
	Errors       Pools // by metric
	Ours         Pools // on the runs that the peer predicted
	PublishedITL Pool  // as the peers score it: against times divided by a miscounted length
}

// Compare returns the peers in order of name.
func (r *Report) Compare() (all []Peer) {
	runs := map[string]*Run{}
	for _, run := range r.Runs {
		if run.Whole() != nil {
			runs[run.Experiment.ID] = run
		}
	}
	by := map[string][]Prediction{}
	for _, p := range r.Peers {
		if runs[p.Experiment] != nil {
			by[p.Simulator] = append(by[p.Simulator], p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		theirs, ours := gathered{}, gathered{}
		var itl []float64
		for _, p := range by[name] {
			metric := p.Metric
			if metric == "itl_mean" {
				itl = append(itl, ape(p.Predicted, p.Measured))
				metric = "tpot"
			}
			if f, ok := runs[p.Experiment].Whole().Figure(metric); ok {
				theirs[metric] = append(theirs[metric], ape(p.Predicted, f.Measured))
				ours.add([]Figure{f})
			}
		}
		all = append(all, Peer{name, theirs.pools(), ours.pools(), pool(itl)})
	}
	return all
}

// Figure returns the figure of a name, false if it was not measured.
func (s *Span) Figure(name string) (Figure, bool) {
	i := slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return Figure{}, false
	}
	return s.Figures[i], true
}
