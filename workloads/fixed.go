package workloads

import (
	"errors"
	"math/rand/v2"
)

// fixed lengths are all the same.
type fixed int

// Next implements Lengths.
func (f fixed) Next() int { return int(f) }

// Least implements Lengths.
func (f fixed) Least() int { return int(f) }

func newFixed(l LengthSpec, _ *rand.Rand) (Lengths, error) {
	if l.Value == nil {
		return nil, errors.New("value: missing (fixed takes value)")
	}
	return fixed(*l.Value), within("value", l.Value, 1, MostTokens)
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "fixed",
		Description: "always the same",
		Keys:        []string{"value"},
		New:         newFixed,
	})
}
