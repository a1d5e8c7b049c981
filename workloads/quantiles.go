package workloads

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// A quantileFunction maps probabilities to lengths: linear between its points.
type quantileFunction struct {
	at    []float64 // ascending, from 0 to 1
	value []float64 // ascending
	guide []int     // of each of so many equal parts of 0 to 1, a power of two, the last point at or before it
}

// length returns the length that a part u of all are at most, 0 ≤ u < 1.
func (q *quantileFunction) length(u float64) int {
	low := q.guide[int(u*float64(len(q.guide)))]
	for q.at[low+1] <= u {
		low++
	}
	part := (u - q.at[low]) / (q.at[low+1] - q.at[low])
	return int(math.Round(q.value[low] + part*(q.value[low+1]-q.value[low])))
}

// index fills in the guide of checked points.
func (q *quantileFunction) index() {
	parts := 1 << bits.Len(uint(len(q.at)))
	low := 0
	for i := range parts {
		for q.at[low+1] <= float64(i)/float64(parts) {
			low++
		}
		q.guide = append(q.guide, low)
	}
}

// newQuantileFunction checks the points; without probabilities they are evenly spaced.
func newQuantileFunction(lengths []int, at []float64) (*quantileFunction, error) {
	q := &quantileFunction{at: at}
	switch {
	case len(lengths) < 2:
		return nil, fmt.Errorf("quantiles: %d given (must be 2 or more lengths, from the least to the largest)", len(lengths))
	case !slices.IsSorted(lengths):
		return nil, fmt.Errorf("quantiles: %v (must ascend)", lengths)
	case lengths[0] < 1 || lengths[len(lengths)-1] > MostTokens:
		return nil, fmt.Errorf("quantiles: %v (must be between 1 and %d)", lengths, MostTokens)
	}
	for _, n := range lengths {
		q.value = append(q.value, float64(n))
	}
	if at == nil {
		q.at = even(len(lengths))
	}
	if err := q.checkAt(); err != nil {
		return nil, err
	}
	q.index()
	return q, nil
}

// even returns n probabilities evenly spaced from 0 to 1.
func even(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = float64(i) / float64(n-1)
	}
	return at
}

func (q *quantileFunction) checkAt() error {
	if len(q.at) != len(q.value) {
		return fmt.Errorf("at: %d probabilities (must be one for each of the %d quantiles)", len(q.at), len(q.value))
	}
	if q.at[0] != 0 || q.at[len(q.at)-1] != 1 {
		return errors.New("at: does not run from 0 to 1 (the first must be 0, the last 1)")
	}
	for i := range q.at[1:] {
		if !(q.at[i] < q.at[i+1]) {
			return fmt.Errorf("at: %v is followed by %v (must ascend)", q.at[i], q.at[i+1])
		}
	}
	return nil
}

// empirical lengths follow a table of quantiles.
type empirical struct {
	quantiles *quantileFunction
	random    *rand.Rand
}

// Next implements Lengths.
func (e *empirical) Next() int { return e.quantiles.length(e.random.Float64()) }

// Least implements Lengths.
func (e *empirical) Least() int { return int(e.quantiles.value[0]) }

func newEmpirical(l LengthSpec, random *rand.Rand) (Lengths, error) {
	q, err := newQuantileFunction(l.Quantiles, l.At)
	return &empirical{q, random}, err
}

func init() {
	RegisterLengths(LengthDistribution{
		Name:        "empirical",
		Description: "a table of quantiles, linear in between",
		Keys:        []string{"quantiles", "at"},
		New:         newEmpirical,
	})
}
