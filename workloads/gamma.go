package workloads

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// defaultCV is that of bursty arrivals whose burstiness is neither given nor recorded.
const defaultCV = 2.0

// drawn gaps come from a continuous distribution with mean 1.
type drawn struct{ distuv.Rander }

// Next implements Gaps.
func (d drawn) Next() float64 { return d.Rand() }

// newGamma fits a gamma distribution of mean 1 to the coefficient of variation.
func newGamma(a ArrivalSpec, random *rand.Rand) (Gaps, error) {
	cv := or(a.CV, defaultCV)
	shape := 1 / (cv * cv)
	return drawn{distuv.Gamma{Alpha: shape, Beta: shape, Src: random}}, within("cv", &cv, 0.01, 100)
}

func init() {
	RegisterArrivals(ArrivalProcess{
		Name:        "gamma",
		Description: "independent gaps of coefficient of variation cv (default: as the source was recorded, or 2)",
		Keys:        []string{"rate", "cv"},
		New:         newGamma,
	})
}
