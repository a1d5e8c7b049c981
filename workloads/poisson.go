package workloads

import "math/rand/v2"

// poisson arrivals are memoryless.
type poisson struct{ random *rand.Rand }

// Next implements Gaps.
func (p poisson) Next() float64 { return p.random.ExpFloat64() }

func init() {
	RegisterArrivals(ArrivalProcess{
		Name:        "poisson",
		Description: "independent clients: exponential gaps",
		Keys:        []string{"rate"},
		New:         func(_ ArrivalSpec, random *rand.Rand) (Gaps, error) { return poisson{random}, nil },
	})
}
