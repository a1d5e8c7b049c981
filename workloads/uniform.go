package workloads

import (
	"fmt"
	"math/rand/v2"
)

// uniform lengths take each number from low to high as often.
type uniform struct {
	low, high int
	random    *rand.Rand
}

// Next implements Lengths.
func (u *uniform) Next() int { return u.low + u.random.IntN(u.high-u.low+1) }

// Least implements Lengths.
func (u *uniform) Least() int { return u.low }

func newUniform(l LengthSpec, random *rand.Rand) (Lengths, error) {
	if l.Min == nil || l.Max == nil {
		return nil, fmt.Errorf("%s: missing (uniform takes min and max)", missing(l.Min == nil, "min", "max"))
	}
	return &uniform{*l.Min, *l.Max, random}, nil
}

func missing(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "uniform",
		Description: "each length from min to max as often",
		Keys:        []string{"min", "max"},
		New:         newUniform,
	})
}
