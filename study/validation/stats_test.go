package validation

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// share returns the share of values that are at most x.
func share(values []int, x int) float64 {
	n := 0
	for _, v := range values {
		if v <= x {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

func TestDistanceIsTheLargestDifferenceOfShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sample := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 30)
		a, b := sample.Draw(t, "a"), sample.Draw(t, "b")
		want := 0.0
		for x := range 21 {
			want = max(want, math.Abs(share(a, x)-share(b, x)))
		}
		slices.Sort(a)
		slices.Sort(b)
		if d := distance(a, b); math.Abs(d-want) > 1e-12 {
			t.Errorf("%v, want %v", d, want)
		}
	})
}

func TestPercentilesInterpolate(t *testing.T) {
	values := []time.Duration{4 * time.Millisecond, 1 * time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 5 * time.Millisecond}
	s := describe(values)
	if s.Mean != 3 || s.P50 != 3 || math.Abs(s.P90-4.6) > 1e-9 || math.Abs(s.P99-4.96) > 1e-9 {
		t.Errorf("%+v", s)
	}
	if describe(nil) != (Stats{}) {
		t.Error("statistics of nothing are not 0")
	}
}

func TestPoolIsMeanMedianAndQuantile(t *testing.T) {
	if p := pool([]float64{9, 1, 2, 3, 5, 4}); p != (Pool{4, 3.5, 5, 6}) {
		t.Error(p)
	}
	if p := pool([]float64{3, 1}); p != (Pool{2, 2, 2.6, 2}) {
		t.Error(p)
	}
}
