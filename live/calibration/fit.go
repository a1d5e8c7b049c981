package calibration

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"metronome/hardware"
	"metronome/sim"
)

// A term is a part of the law. It is looked for as a logarithm, so that it is positive.
type term struct {
	name string
	of   func(*hardware.Law) *float64
	load string // what load would tell it
}

var terms = []term{
	{"iteration_us", func(l *hardware.Law) *float64 { return &l.IterationMicros }, "replies of many tokens, one at a time"},
	{"decode_us", func(l *hardware.Law) *float64 { return &l.DecodeMicros }, "replies of many tokens, one at a time and many at once"},
	{"context_ns", func(l *hardware.Law) *float64 { return &l.ContextNanos }, "replies to short prompts and to prompts near the longest context"},
	{"prompt_us", func(l *hardware.Law) *float64 { return &l.PromptMicros }, "prompts of lengths that differ tenfold"},
	{"pair_ns", func(l *hardware.Law) *float64 { return &l.PairNanos }, "prompts near the longest context beside short ones"},
}

// A Term is a fitted part of the law.
type Term struct {
	Name    string
	Value   float64
	Error   float64 // standard error, as a share of the value; infinite if the data do not tell
	Unknown bool    // the data do not tell it
	Load    string  // what load would
}

// A Fit is a law fitted to runs.
type Fit struct {
	Law      hardware.Law
	Terms    []Term
	Replies  int
	TTFT     float64 // median of |simulated/measured − 1|
	TPOT     float64
	Residual float64 // root mean square of the logarithms
}

// tooUncertain is the standard error, as a share, beyond which a term is unknown.
const tooUncertain = 0.5

// A fitter holds what the fit is about.
type fitter struct {
	ctx    context.Context
	runs   []Run
	config func() (sim.Config, error)
	err    error
	scale  []float64 // of each term

	without int // part of the replies that is left out, or none
}

const none = -1

// Fit looks for the law under which the runs come out as measured, on the cluster that
// config returns anew each time.
func FitLaw(ctx context.Context, runs []Run, config func() (sim.Config, error)) (*Fit, error) {
	f := &fitter{ctx: ctx, runs: runs, config: config, without: none}
	f.scale = f.guess()
	best, least := []float64(nil), math.Inf(1)
	for _, start := range [][]float64{{-1, -2, -2, 0, -2}, {0, -1, -4, -1, -1}, {-3, 0, -1, 0, -4}} {
		if x, misfit := f.search(start, 800); x != nil && misfit < least {
			best, least = x, misfit
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	if best == nil {
		return nil, fmt.Errorf("calibration: no law is found")
	}
	return f.judge(best)
}

// search returns where the misfit is least, from a start on; nil if it cannot be told.
func (f *fitter) search(start []float64, evaluations int) (x []float64, misfit float64) {
	settings := &optimize.Settings{FuncEvaluations: evaluations, Converger: &optimize.FunctionConverge{Absolute: 1e-4, Iterations: 60}}
	result, _ := optimize.Minimize(optimize.Problem{Func: f.misfit}, slices.Clone(start), settings, &optimize.NelderMead{SimplexSize: 1})
	if f.err != nil || result == nil {
		return nil, 0
	}
	return slices.Clone(result.X), result.F
}

// guess returns the size that each term would have, were it alone in a median reply.
func (f *fitter) guess() []float64 {
	var first, pace, prompt []float64
	for _, r := range f.runs {
		for _, m := range r.Measured {
			first = append(first, ttft(m))
			prompt = append(prompt, float64(m.Request.PromptTokens))
			if m.Tokens() > 1 {
				pace = append(pace, tpot(m))
			}
		}
	}
	p, t, n := median(pace), median(first), max(1, median(prompt))
	return []float64{p / 1e3, p / 1e3 / 4, p / n, t / n / 1e3, 2 * t / (n * n)}
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 1
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func (f *fitter) law(x []float64) (l hardware.Law) {
	for i, t := range terms {
		*t.of(&l) = f.scale[i] * math.Exp(min(x[i], 20))
	}
	return l
}

// off returns the residuals under a law.
func (f *fitter) off(l hardware.Law) (all []float64) {
	for _, r := range f.runs {
		c, err := f.config()
		if err == nil {
			simulated, failed := r.Simulate(f.ctx, c, l)
			if err = failed; err == nil {
				all = residuals(all, r.Measured, simulated)
			}
		}
		if err != nil {
			f.err = err
			return nil
		}
	}
	return all
}

// misfit sums the residuals so that those far off count in proportion, not squared: a
// live system is disturbed now and then.
func (f *fitter) misfit(x []float64) float64 {
	if f.err != nil {
		return math.Inf(1)
	}
	const near = 0.05
	sum := 0.0
	for i, r := range f.off(f.law(x)) {
		if i/2%parts == f.without { // by pairs of TTFT and TPOT
			continue
		}
		sum += math.Sqrt(r*r+near*near) - near
	}
	for _, v := range x {
		sum += 1e-4 * v * v // so that a term that makes no difference stays where it is
	}
	return sum
}

// judge returns the law, how far it is off, and how well the data tell its terms.
func (f *fitter) judge(x []float64) (*Fit, error) {
	at := f.off(f.law(x))
	if f.err != nil {
		return nil, f.err
	}
	fit := &Fit{Law: f.law(x)}
	squares := 0.0
	for _, r := range at {
		squares += r * r
	}
	fit.Residual = math.Sqrt(squares / float64(len(at)))
	errors := f.errors(x)
	for i, t := range terms {
		fit.Terms = append(fit.Terms, Term{t.name, *t.of(&fit.Law), errors[i], !(errors[i] <= tooUncertain), t.load})
	}
	f.distances(fit)
	return fit, f.err
}

// distances sets how far typical replies are off.
func (f *fitter) distances(fit *Fit) {
	var first, pace []float64
	for _, r := range f.runs {
		c, err := f.config()
		if err != nil {
			f.err = err
			return
		}
		simulated, err := r.Simulate(f.ctx, c, fit.Law)
		if err != nil {
			f.err = err
			return
		}
		fit.Replies += len(simulated)
		for i, m := range r.Measured {
			first = append(first, math.Abs(ttft(simulated[i])/ttft(m)-1))
			if m.Tokens() > 1 {
				pace = append(pace, math.Abs(tpot(simulated[i])/tpot(m)-1))
			}
		}
	}
	fit.TTFT, fit.TPOT = median(first), median(pace)
}

// WriteTo writes the law as the profile of an engine.
func (f *Fit) WriteTo(w io.Writer) (int64, error) {
	text := fmt.Appendf(nil, "title  = \"a live system\"\nsource = \"fitted to %d replies: typical errors %.1f %% of TTFT, %.1f %% of TPOT\"\n\n[law]\n",
		f.Replies, 100*f.TTFT, 100*f.TPOT)
	for _, t := range f.Terms {
		note := fmt.Sprintf("± %.0f %%", 100*t.Error)
		if t.Unknown {
			note = "the runs do not tell: it takes " + t.Load
		}
		text = fmt.Appendf(text, "%-12s = %-12.6g # %s\n", t.Name, t.Value, note)
	}
	n, err := w.Write(text)
	return int64(n), err
}
