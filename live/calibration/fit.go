package calibration

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"metronome/hardware"
	"metronome/sim"
)

// A Fit is a law fitted to runs.
type Fit struct {
	Engine   hardware.Engine // its law, and what requests take beside the iterations
	Terms    []Term
	Replies  int
	TTFT     float64 // median of |simulated/measured − 1|
	TPOT     float64
	Residual float64 // root mean square of the logarithms
}

// tooUncertain is the standard error, as a share, beyond which a term is unknown.
const tooUncertain = 0.5

// littleShare is the part of a typical TTFT that makes no difference.
const littleShare = 0.02

// A fitter holds what the fit is about.
type fitter struct {
	ctx    context.Context
	runs   []Run
	config func() (sim.Config, error)
	err    error
	scale  []float64 // of each term
}

// FitLaw looks for the law under which the runs come out as measured, on the cluster that
// config returns anew each time.
func FitLaw(ctx context.Context, runs []Run, config func() (sim.Config, error)) (*Fit, error) {
	f := &fitter{ctx: ctx, runs: runs, config: config}
	f.scale = f.guess()
	best := f.search()
	if f.err != nil {
		return nil, f.err
	}
	return f.judge(best)
}

// The search starts from many places, as requests that meet or just miss each other make
// the misfit rough, and goes on from the best.
const (
	starts    = 32
	smallest  = -7 // logarithm of a term at the start, by its scale
	fewSteps  = 20
	manySteps = 60
	polishing = 1000 // simulations
)

// search returns where the misfit is least.
func (f *fitter) search() (best []float64) {
	random, least := rand.New(rand.NewPCG(1, 2)), math.Inf(1)
	for range starts {
		x := make([]float64, len(terms))
		for i := range x {
			x[i] = smallest * random.Float64()
		}
		if y, misfit := f.descend(x, f.misfit(x), fewSteps); best == nil || misfit < least {
			best, least = y, misfit
		}
	}
	settings := &optimize.Settings{FuncEvaluations: polishing, Converger: &optimize.FunctionConverge{Absolute: 1e-5, Iterations: 100}}
	result, err := optimize.Minimize(optimize.Problem{Func: f.misfit}, best, settings, &optimize.NelderMead{SimplexSize: 0.3})
	if result != nil && (err == nil || result.F < least) {
		best, least = result.X, result.F
	}
	best, _ = f.descend(best, least, manySteps)
	return best
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
	return []float64{t / 1e3, p / 1e3, p / 1e3, p / 1e3 / 4, p / n, t / n / 1e3, 2 * t / (n * n)}
}

// tenfold reports whether prompts differ in length so much.
func (f *fitter) tenfold() bool {
	shortest, longest := math.MaxInt, 0
	for _, r := range f.runs {
		for _, q := range r.Requests {
			shortest, longest = min(shortest, q.PromptTokens), max(longest, q.PromptTokens)
		}
	}
	return longest/10 >= shortest
}

// typicalTTFT returns the median of what was measured, in ns.
func (f *fitter) typicalTTFT() float64 {
	var all []float64
	for _, r := range f.runs {
		for _, m := range r.Measured {
			all = append(all, ttft(m))
		}
	}
	return median(all)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 1
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func (f *fitter) engine(x []float64) (e hardware.Engine) {
	e.Law = new(hardware.Law)
	for i, t := range terms {
		*t.of(&e) = f.scale[i] * math.Exp(min(x[i], 20))
	}
	return e
}

// off returns the ratios of what was measured to what is simulated, but for most of what
// the ratios of a run have in common.
func (f *fitter) off(x []float64) (all []float64) {
	e := f.engine(x)
	for _, r := range f.runs {
		c, err := f.config()
		if err == nil {
			simulated, failed := r.Simulate(f.ctx, c, *e.Law, &e)
			if err = failed; err == nil {
				from := len(all)
				all = ratios(all, r.Measured, simulated)
				f.level(all[from:])
			}
		}
		if err != nil {
			f.err = err
			return nil
		}
	}
	return all
}

// The speed of a machine differs from run to run by more than from reply to reply: the
// standard deviations of both, as shares, as two shared cores have them.
const betweenRuns, withinRun = 0.06, 0.03

// level takes that share of what the ratios of a run have in common off them by which they
// become independent (the transform of generalised least squares with a random effect). A
// run alone stays as it is.
func (f *fitter) level(ratios []float64) {
	if len(f.runs) == 1 {
		return
	}
	mean := 0.0
	for _, r := range ratios {
		mean += math.Log(r) / float64(len(ratios))
	}
	kept := withinRun / math.Sqrt(withinRun*withinRun+float64(len(ratios))*betweenRuns*betweenRuns)
	for i := range ratios {
		ratios[i] *= math.Exp((kept - 1) * mean)
	}
}

// misfit is the deviance of a gamma distribution: the disturbances of a live system
// stretch its times, and where it is least the mean of the ratios is 1, so that means
// come out as measured, not only typical replies.
func (f *fitter) misfit(x []float64) float64 {
	if f.err != nil {
		return math.Inf(1)
	}
	sum := 0.0
	for _, r := range f.off(x) {
		sum += r - 1 - math.Log(r)
	}
	for _, v := range x {
		sum += 1e-4 * v * v // so that a term that makes no difference stays where it is
	}
	return sum
}

// judge returns the law, how far it is off, and how well the data tell its terms.
func (f *fitter) judge(x []float64) (*Fit, error) {
	at := f.off(x)
	if f.err != nil {
		return nil, f.err
	}
	fit := &Fit{Engine: f.engine(x)}
	squares := 0.0
	for _, r := range at {
		squares += math.Log(r) * math.Log(r)
	}
	fit.Residual = math.Sqrt(squares / float64(len(at)))
	errors := f.errors(x)
	if f.err != nil {
		return nil, f.err
	}
	for i, t := range terms {
		value := *t.of(&fit.Engine)
		little := t.alike && value*1e3*errors[i] <= littleShare*f.typicalTTFT()
		unknown := !(errors[i] <= tooUncertain || little) || t.far && !f.tenfold()
		fit.Terms = append(fit.Terms, Term{t.table, t.name, value, errors[i], unknown, t.load})
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
		simulated, err := r.Simulate(f.ctx, c, *fit.Engine.Law, &fit.Engine)
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
