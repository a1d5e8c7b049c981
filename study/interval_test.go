package study

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestIntervalsCoverTheMeanAtTheirNominalRate(t *testing.T) {
	const trials = 20000
	for _, n := range []int{2, 3, 5, 10} {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		covered := 0
		values := make([]float64, n)
		for range trials {
			for i := range values {
				values[i] = 7 + 3*random.NormFloat64()
			}
			if i := NewInterval(values); i.Low() <= 7 && 7 <= i.High() {
				covered++
			}
		}
		error := 4 * math.Sqrt(confidence*(1-confidence)/trials)
		if rate := float64(covered) / trials; math.Abs(rate-confidence) > error {
			t.Errorf("%d values: %v of the intervals cover the mean (%v ± %v)", n, rate, confidence, error)
		}
	}
}

func TestAnIntervalOfOneValueShowsNothing(t *testing.T) {
	if i := NewInterval([]float64{3}); i.Mean != 3 || i.Sign() != 0 || !math.IsInf(i.Half, 1) {
		t.Errorf("%+v", i)
	}
}
