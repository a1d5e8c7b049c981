package workloads

import "math/rand/v2"

// constant arrivals are evenly spaced.
type constant struct{}

// Next implements Gaps.
func (constant) Next() float64 { return 1 }

func init() {
	RegisterArrivals(ArrivalProcess{
		Name:        "constant",
		Description: "evenly spaced",
		Keys:        []string{"rate"},
		New:         func(ArrivalSpec, *rand.Rand) (Gaps, error) { return constant{}, nil },
	})
}
