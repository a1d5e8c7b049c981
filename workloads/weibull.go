package workloads

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Shapes of a Weibull distribution that are taken: coefficients of variation
// from 429 down to 0.013.
const leastShape, mostShape = 0.1, 100.0

// newWeibull fits a Weibull distribution of mean 1 to its shape or to the
// coefficient of variation.
func newWeibull(a ArrivalSpec, random *rand.Rand) (Gaps, error) {
	if a.Shape != nil && a.CV != nil {
		return nil, fmt.Errorf("shape: %v beside cv %v (write one of them)", *a.Shape, *a.CV)
	}
	cv := or(a.CV, defaultCV)
	if err := cmp.Or(within("shape", a.Shape, leastShape, mostShape), within("cv", &cv, 0.02, 100)); err != nil {
		return nil, err
	}
	shape := or(a.Shape, weibullShape(cv))
	return drawn{distuv.Weibull{K: shape, Lambda: 1 / math.Gamma(1+1/shape), Src: random}}, nil
}

// weibullShape returns the shape of a coefficient of variation, which falls as
// the shape grows, by bisection.
func weibullShape(cv float64) float64 {
	low, high := leastShape, mostShape
	for high-low > 1e-12*low {
		middle := (low + high) / 2
		if middle == low || middle == high {
			break
		}
		if weibullCV(middle) > cv {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// weibullCV returns the coefficient of variation of a shape.
func weibullCV(shape float64) float64 {
	mean := math.Gamma(1 + 1/shape)
	return math.Sqrt(max(0, math.Gamma(1+2/shape)/(mean*mean)-1))
}

func init() {
	RegisterArrivals(ArrivalProcess{
		Name:        "weibull",
		Description: "independent gaps of a Weibull shape, or cv (default: as the source was recorded, or 2)",
		Keys:        []string{"rate", "shape", "cv"},
		New:         newWeibull,
	})
}
