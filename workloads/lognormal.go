package workloads

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// newLognormal fits a log-normal distribution to its mean or median, and to sd
// or cv. A cv of 1 is what most recorded prompts are near, hence the default.
func newLognormal(l LengthSpec, random *rand.Rand) (Lengths, error) {
	if l.Mean == nil && l.Median == nil {
		return nil, errors.New("mean: missing (lognormal takes mean or median)")
	}
	if l.Mean != nil && l.Median != nil {
		return nil, fmt.Errorf("median: %v beside mean %v (write one of them)", *l.Median, *l.Mean)
	}
	if l.SD != nil && (l.CV != nil || l.Median != nil) {
		return nil, fmt.Errorf("sd: %v beside cv or median (write sd with mean, or cv)", *l.SD)
	}
	if err := cmp.Or(tokens("mean", l.Mean), tokens("median", l.Median), positive("sd", l.SD), positive("cv", l.CV)); err != nil {
		return nil, err
	}
	cv := or(l.CV, 1)
	if l.SD != nil {
		cv = *l.SD / *l.Mean
	}
	variance := math.Log1p(cv * cv)
	if math.IsInf(variance, 0) {
		return nil, fmt.Errorf("cv: %v (must have a square)", cv)
	}
	mu := math.Log(or(l.Median, 0))
	if l.Mean != nil {
		mu = math.Log(*l.Mean) - variance/2
	}
	return clip(l, distuv.LogNormal{Mu: mu, Sigma: math.Sqrt(variance), Src: random}), nil
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "lognormal",
		Description: "skewed, of mean (or median) and cv (default 1) or sd, clipped to min and max",
		Keys:        []string{"mean", "median", "sd", "cv", "min", "max"},
		New:         newLognormal,
	})
}
