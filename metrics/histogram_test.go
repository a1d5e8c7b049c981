package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucketHoldsItsMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64Range(0, math.MaxInt64).Draw(t, "v")
		i := bucket(v)
		if i < 0 || i >= buckets {
			t.Fatalf("bucket %d of %d", i, buckets)
		}
		if m := middle(i); math.Abs(float64(m)-float64(v)) > HistogramError*float64(v) {
			t.Fatalf("%d is represented by %d", v, m)
		}
		if v < 128 && middle(i) != time.Duration(v) {
			t.Fatalf("%d is represented by %d", v, middle(i))
		}
		if v > 0 && bucket(v-1) > i {
			t.Fatalf("bucket of %d is above that of %d", v-1, v)
		}
	})
}

func TestHistogramMatchesSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var h Histogram
		var all []float64
		for range 1 + rng.IntN(50) {
			d, n := time.Duration(math.Exp(rng.Float64()*25)), 1+rng.IntN(5)
			h.RecordN(d, n)
			for range n {
				all = append(all, float64(d))
			}
		}
		slices.Sort(all)
		near(t, "mean", h.Mean(), mean(all), 1e-12)
		squares := 0.0
		for _, v := range all {
			squares += (v - mean(all)) * (v - mean(all))
		}
		if want := math.Sqrt(squares / float64(len(all))); math.Abs(h.Deviation()-want) > 2*HistogramError*all[len(all)-1] {
			t.Errorf("deviation %v, want %v", h.Deviation(), want)
		}
		for _, p := range []Ratio{{0, 1}, {1, 100}, p50, p90, p99, {1, 1}} {
			near(t, p.String(), h.Percentile(p), quantile(all, p.Float()), HistogramError)
		}
		if h.Max() != time.Duration(all[len(all)-1]) || h.Count() != int64(len(all)) {
			t.Errorf("max %v, count %d", h.Max(), h.Count())
		}
	}
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want)+1e-9 {
		t.Errorf("%s is %v, want %v within %v of it", what, got, want, relative)
	}
}

// TestSumsExceed64Bits has 50 million requests of 200 s.
func TestSumsExceed64Bits(t *testing.T) {
	var h Histogram
	h.RecordN(200*time.Second, 50_000_000)
	if h.sum.hi != 0 || h.sum.Float() != 1e19 {
		t.Errorf("sum is %v", h.sum)
	}
	h.RecordN(200*time.Second, 50_000_000)
	if h.sum.hi != 1 || h.Mean() != 200e9 {
		t.Errorf("sum is %v, mean %v", h.sum, h.Mean())
	}
}

func TestPercentileOfNothing(t *testing.T) {
	var h Histogram
	h.RecordN(5, 0)
	if !math.IsNaN(h.Percentile(p50)) || !math.IsNaN(h.Mean()) {
		t.Errorf("p50 %v, mean %v of nothing", h.Percentile(p50), h.Mean())
	}
}

func TestRatio(t *testing.T) {
	for text, want := range map[string]Ratio{"0.9": {9, 10}, "0.99": {99, 100}, "1": {1, 1}, "0": {0, 1}, "0.5": {1, 2}, "9e-1": {9, 10}} {
		if r, err := ParseRatio(text); err != nil || r != want {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "1.1", "-0.1", "NaN", "inf", "1/2", "0.12345678901", "0x1p-1", "1e-400000"} {
		if r, err := ParseRatio(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		den := rapid.Int64Range(1, 1_000_000_000).Draw(t, "den")
		r := Ratio{rapid.Int64Range(0, den).Draw(t, "num"), den}
		whole := rapid.Int64Range(0, 1<<40).Draw(t, "whole")
		if n := r.Of(whole); !r.Holds(n, whole) || n > 0 && r.Holds(n-1, whole) {
			t.Fatalf("%d of %d is not the least that holds %d/%d", n, whole, r.Num, r.Den)
		}
	})
}
