package workloads

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// clipped lengths are draws of a continuous distribution, rounded and kept
// within bounds.
type clipped struct {
	drawn     distuv.Rander
	low, high float64
}

// Next implements Lengths.
func (c *clipped) Next() int {
	return int(max(c.low, min(c.high, math.Round(c.drawn.Rand()))))
}

// Least implements Lengths.
func (c *clipped) Least() int { return int(c.low) }

func clip(l LengthSpec, d distuv.Rander) *clipped {
	low, high := l.bounds()
	return &clipped{d, float64(low), float64(high)}
}

// moments returns mean and standard deviation, the latter by sd or cv.
func (l LengthSpec) moments() (mean, sd float64, err error) {
	switch {
	case l.Mean == nil:
		return 0, 0, errors.New("mean: missing")
	case l.SD != nil && l.CV != nil:
		return 0, 0, fmt.Errorf("cv: %v beside sd %v (write one of them)", *l.CV, *l.SD)
	case l.SD == nil && l.CV == nil:
		return 0, 0, errors.New("sd: missing (or write cv, the sd over the mean)")
	}
	err = cmp.Or(tokens("mean", l.Mean), positive("sd", l.SD), positive("cv", l.CV))
	return *l.Mean, or(l.SD, *l.Mean*or(l.CV, 0)), err
}

// tokens checks a real number of tokens, if it is set.
func tokens(key string, x *float64) error { return within(key, x, 1, MostTokens) }

func newNormal(l LengthSpec, random *rand.Rand) (Lengths, error) {
	mean, sd, err := l.moments()
	if err != nil {
		return nil, err
	}
	return clip(l, distuv.Normal{Mu: mean, Sigma: sd, Src: random}), nil
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "normal",
		Description: "a bell curve of mean and sd (or cv), clipped to min and max",
		Keys:        []string{"mean", "sd", "cv", "min", "max"},
		New:         newNormal,
	})
}
