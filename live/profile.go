package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"metronome/metrics"
	"metronome/workloads"
)

// A Profiler measures how long lone prompts take to their first token: one request at a
// time, each with a prompt that no other begins like.
type Profiler struct {
	Endpoint *Endpoint
	Prompter *Prompter
	Lengths  []int         // of prompts, in tokens, ascending
	Repeat   int           // requests of each length
	Timeout  time.Duration // of a request
	Seed     uint64
	Done     func() // is told of every request; may be nil
}

// A Profile is the time to first token of lone prompts, as measured and as fitted.
type Profile struct {
	Points []ProfilePoint
	Fit    Quadratic
}

// A ProfilePoint is what was measured of one length.
type ProfilePoint struct {
	Tokens             int // as the server counts them, else as asked
	Least, Median, Max time.Duration
	Fitted             time.Duration // by the fit of all points
}

// A Quadratic is a time by the number of tokens n: A + B·n + C·n², none of them
// negative. Attention makes prompts cost more than in proportion.
type Quadratic struct {
	A, B, C float64 // ns
}

// At returns the time of n tokens.
func (q Quadratic) At(n int) time.Duration {
	x := float64(n)
	return time.Duration(q.A + q.B*x + q.C*x*x)
}

// Run measures and fits. A failed request ends it.
func (p *Profiler) Run(ctx context.Context) (*Profile, error) {
	if len(p.Lengths) < 3 || p.Lengths[0] < 1 || !slices.IsSorted(p.Lengths) || p.Repeat < 1 {
		return nil, fmt.Errorf("live: a profile of lengths %v, %d times each (must be 3 or more, ascending, and once or more)", p.Lengths, p.Repeat)
	}
	profile := new(Profile)
	for i, n := range p.Lengths {
		point, err := p.measure(ctx, i, n)
		if err != nil {
			return nil, err
		}
		profile.Points = append(profile.Points, point)
	}
	return profile, profile.fit()
}

// measure returns the times of one length.
func (p *Profiler) measure(ctx context.Context, number, tokens int) (ProfilePoint, error) {
	var times []time.Duration
	point := ProfilePoint{Tokens: tokens}
	for k := range p.Repeat {
		x, err := p.one(ctx, workloads.Request{ID: number*p.Repeat + k, PromptTokens: tokens, OutputTokens: 2})
		if err != nil {
			return point, err
		}
		times = append(times, time.Duration(x.Chunks[0].At-x.Sent))
		point.Tokens = x.PromptTokens
		if p.Done != nil {
			p.Done()
		}
	}
	slices.Sort(times)
	point.Least, point.Median, point.Max = times[0], times[len(times)/2], times[len(times)-1]
	return point, nil
}

func (p *Profiler) one(ctx context.Context, r workloads.Request) (x *Exchange, err error) {
	s := &Session{Endpoint: p.Endpoint, Prompter: p.Prompter, Source: &single{&r}, Seed: p.Seed, Timeout: p.Timeout, Ended: func(e *Exchange) { x = e }}
	if _, err := s.Run(ctx); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if x.Failure != "" {
		return nil, fmt.Errorf("live: a prompt of %d tokens: %s: %s", r.PromptTokens, x.Failure, x.Note)
	}
	return x, nil
}

// single is a source of one request.
type single struct{ r *workloads.Request }

func (s *single) Next() (r workloads.Request, ok bool) {
	if s.r != nil {
		r, ok, s.r = *s.r, true, nil
	}
	return r, ok
}

// fit fits the medians.
func (p *Profile) fit() (err error) {
	n, t := make([]float64, len(p.Points)), make([]float64, len(p.Points))
	for i, q := range p.Points {
		n[i], t[i] = float64(q.Tokens), float64(q.Median)
	}
	if p.Fit, err = fitQuadratic(n, t); err != nil {
		return err
	}
	for i := range p.Points {
		p.Points[i].Fitted = p.Fit.At(p.Points[i].Tokens)
	}
	return nil
}

// Rounds of the robust fit, and the residual beyond which a point counts for less, in
// median residuals.
const (
	fitRounds  = 20
	fitOutlier = 3
)

// fitQuadratic fits times t to lengths n by least squares of relative residuals. Points
// far off count for less, round by round (Huber's weights), so that a request that was
// disturbed does not bend the curve. A term that would be negative is left out.
func fitQuadratic(n, t []float64) (Quadratic, error) {
	best, found := Quadratic{}, false
	least := 0.0
	for terms := 1; terms < 8; terms++ { // every set of 1, n and n²
		q, misfit, err := fitTerms(n, t, terms)
		if err != nil || q.A < 0 || q.B < 0 || q.C < 0 {
			continue
		}
		if !found || misfit < least {
			best, least, found = q, misfit, true
		}
	}
	if !found {
		return best, errors.New("live: times to first token do not grow with prompts as a + b·n + c·n² (a, b and c must not be negative)")
	}
	return best, nil
}

// fitTerms fits the terms whose bits are set, and returns the sum of Huber's losses.
func fitTerms(n, t []float64, terms int) (q Quadratic, misfit float64, err error) {
	weights := make([]float64, len(n))
	for i := range weights {
		weights[i] = 1
	}
	residuals := make([]float64, len(n))
	for range fitRounds {
		if q, err = leastSquares(n, t, weights, terms); err != nil {
			return q, 0, err
		}
		for i := range n {
			residuals[i] = (q.A+q.B*n[i]+q.C*n[i]*n[i])/t[i] - 1
		}
		weigh(weights, residuals)
	}
	for _, r := range residuals {
		misfit += min(r*r, 0.2*max(r, -r)) // beyond a tenth it grows in proportion
	}
	return q, misfit, nil
}

// weigh gives residuals beyond the usual a weight that falls with them.
func weigh(weights, residuals []float64) {
	sizes := make([]float64, len(residuals))
	for i, r := range residuals {
		sizes[i] = max(r, -r)
	}
	sorted := slices.Clone(sizes)
	slices.Sort(sorted)
	usual := max(fitOutlier*sorted[len(sorted)/2], 1e-6)
	for i, s := range sizes {
		weights[i] = min(1, usual/max(s, 1e-12))
	}
}

func leastSquares(n, t, weights []float64, terms int) (q Quadratic, err error) {
	var columns []int
	for k := range 3 {
		if terms&(1<<k) != 0 {
			columns = append(columns, k)
		}
	}
	a, b := mat.NewDense(len(n), len(columns), nil), mat.NewVecDense(len(n), nil)
	for i := range n {
		w := weights[i] / t[i] // relative to the time
		for j, k := range columns {
			a.Set(i, j, w*[3]float64{1, n[i], n[i] * n[i]}[k])
		}
		b.SetVec(i, w*t[i])
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		return q, err
	}
	for j, k := range columns {
		*[3]*float64{&q.A, &q.B, &q.C}[k] = x.AtVec(j)
	}
	return q, nil
}

// Curve returns the fit as the curve that deadlines are set by. Its points are those
// that were measured, at the fitted times, which do not fall.
func (p *Profile) Curve() (c metrics.Curve) {
	for _, q := range p.Points {
		if len(c) == 0 || q.Tokens > c[len(c)-1].Tokens {
			c = append(c, metrics.Point{Tokens: q.Tokens, Time: max(1, q.Fitted)})
		}
	}
	return c
}
