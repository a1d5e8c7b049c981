package workloads

import (
	"errors"
	"math/rand/v2"
)

// zipf lengths n from low on have a probability proportional to n^-exponent.
type zipf struct {
	low  int
	rest *rand.Zipf
}

// Next implements Lengths.
func (z *zipf) Next() int { return z.low + int(z.rest.Uint64()) }

// Least implements Lengths.
func (z *zipf) Least() int { return z.low }

func newZipf(l LengthSpec, random *rand.Rand) (Lengths, error) {
	if l.Exponent == nil {
		return nil, errors.New("exponent: missing (zipf takes exponent, min, max)")
	}
	if l.Max == nil {
		return nil, errors.New("max: missing (zipf takes exponent, min, max)")
	}
	// The sampler of math/rand needs an exponent above 1.
	if err := within("exponent", l.Exponent, 1.001, 20); err != nil {
		return nil, err
	}
	low, high := l.bounds()
	return &zipf{low, rand.NewZipf(random, *l.Exponent, float64(low), uint64(high-low))}, nil
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "zipf",
		Description: "a power law from min (default 1) to max: few long, many short",
		Keys:        []string{"exponent", "min", "max"},
		New:         newZipf,
	})
}
