package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"metronome/metrics"
)

// A Contender is one of the things that are compared: an experiment, or the
// recording of a run.
type Contender struct {
	Name       string
	Experiment *Experiment
	Recording  *Recording // in place of an experiment
}

// CompareOptions tell how contenders are compared.
type CompareOptions struct {
	Seeds   int    // repetitions, with the seed of the first experiment and those after it; 0 is 5
	Workers int    // runs at once; 0 is one for each processor
	Ran     func() // called after each run, from several goroutines; may be nil
}

// A Comparison is what contenders make of the same requests.
type Comparison struct {
	Names     []string
	Seeds     int
	Reference string // that set the deadlines of all
	Figures   []ComparedFigure
}

// A ComparedFigure is a figure of the report, by contender.
type ComparedFigure struct {
	Compared
	Values      []Interval // of each contender, over seeds
	Differences []Interval // from the first contender, paired by seed
}

// Compare runs every contender on the same requests, once for each seed, and
// returns the differences from the first. All must have the same workload and SLO,
// and all are held to the deadlines of one reference: the first that is named, or
// else the deployment of the first experiment. A recording is one run, set beside
// those of every seed.
func Compare(ctx context.Context, all []Contender, o Options, c CompareOptions) (*Comparison, error) {
	if c.Seeds == 0 {
		c.Seeds = defaultSeeds
	}
	if c.Seeds < 1 {
		return nil, fmt.Errorf("--seeds: %d (must be at least 1)", c.Seeds)
	}
	r, err := newRound(all, o, c)
	if err != nil {
		return nil, err
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	return r.comparison(), nil
}

// A round is the runs of a comparison.
type round struct {
	contenders []Contender
	figures    []Compared
	options    Options
	asked      CompareOptions
	reference  Reference
	first      *Plan // of the experiments

	lock   sync.Mutex
	values [][][]float64 // by figure, contender and seed
}

// run runs every contender at every seed; recordings are scored once.
func (r *round) run(ctx context.Context) error {
	n := len(r.contenders)
	return each(ctx, workers(r.asked.Workers), n*r.asked.Seeds, func(ctx context.Context, i int) error {
		contender, seed := r.contenders[i%n], i/n
		if contender.Recording != nil && seed > 0 {
			return nil
		}
		report, err := r.report(ctx, contender, seed)
		if err != nil {
			return err
		}
		r.keep(i%n, seed, report)
		return nil
	})
}

func (r *round) report(ctx context.Context, c Contender, seed int) (*metrics.Report, error) {
	if c.Recording != nil {
		return c.Recording.Score(ctx)
	}
	e := *c.Experiment
	e.Seed = r.first.Experiment.Seed + uint64(seed)
	p, err := e.Plan(r.options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	p.Reference = r.reference
	return p.Run(ctx)
}

func (r *round) keep(contender, seed int, report *metrics.Report) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for i, f := range r.figures {
		x, ok := report.Lookup(f.Key)
		if !ok {
			x = math.NaN()
		}
		r.values[i][contender][seed] = x
	}
	if r.asked.Ran != nil {
		r.asked.Ran()
	}
}

// comparison returns the figures that all contenders have.
func (r *round) comparison() *Comparison {
	c := &Comparison{Seeds: r.asked.Seeds, Reference: r.reference.Name}
	for _, contender := range r.contenders {
		c.Names = append(c.Names, contender.Name)
	}
	for i, f := range r.figures {
		figure := ComparedFigure{Compared: f}
		for k, values := range r.values[i] {
			if r.contenders[k].Recording != nil {
				values = values[:1]
			}
			figure.Values = append(figure.Values, NewInterval(values))
			figure.Differences = append(figure.Differences, r.difference(i, k))
		}
		if figure.known() {
			c.Figures = append(c.Figures, figure)
		}
	}
	return c
}

// Drawn reports whether seeds made any difference. If not, as with recorded
// requests that arrive as recorded, intervals say nothing.
func (c *Comparison) Drawn() bool {
	for _, f := range c.Figures {
		for _, v := range f.Values {
			if v.N > 1 && v.Half > 0 {
				return true
			}
		}
	}
	return c.Seeds == 1
}

func (f ComparedFigure) known() bool {
	for _, v := range f.Values {
		if math.IsNaN(v.Mean) {
			return false
		}
	}
	return true
}

// difference returns by what figure i of a contender is above that of the first,
// paired by seed. A recorded run varies as much as a simulated one: the interval
// then tells where one more run would be.
func (r *round) difference(i, contender int) Interval {
	a, b := r.values[i][0], r.values[i][contender]
	recordedA, recordedB := r.contenders[0].Recording != nil, r.contenders[contender].Recording != nil
	all := make([]float64, r.asked.Seeds)
	for seed := range all {
		x, y := a[seed], b[seed]
		if recordedA {
			x = a[0]
		}
		if recordedB {
			y = b[0]
		}
		all[seed] = y - x
	}
	if recordedA && recordedB {
		return NewInterval(all[:1])
	}
	d := NewInterval(all)
	if recordedA != recordedB {
		d.Half *= math.Sqrt(float64(d.N + 1))
	}
	return d
}

// newRound checks that the contenders can be compared.
func newRound(all []Contender, o Options, c CompareOptions) (*round, error) {
	if len(all) < 2 {
		return nil, errors.New("compare: nothing to compare with (it takes two experiments or more)")
	}
	r := &round{contenders: all, options: o, asked: c}
	if err := r.fit(); err != nil {
		return nil, err
	}
	r.figures = r.first.compared()
	for range r.figures {
		values := make([][]float64, len(all))
		for i := range values {
			values[i] = make([]float64, c.Seeds)
		}
		r.values = append(r.values, values)
	}
	r.options.Warn = nil // what is put right has been told
	return r, nil
}
