package workloads

import (
	"math"
	"testing"
)

func TestLuckIsUniformAndUncorrelated(t *testing.T) {
	const n = 100_000
	a, b := NewLuck(1, "quality"), NewLuck(2, "quality")
	var tenths [10]int
	next, other := 0.0, 0.0
	for id := range n {
		x := a.Of(id) - 0.5
		tenths[int(a.Of(id)*10)]++
		next += x * (a.Of(id+1) - 0.5) * 12 / n
		other += x * (b.Of(id) - 0.5) * 12 / n
	}
	for i, count := range tenths {
		if math.Abs(float64(count)-n/10) > 5*math.Sqrt(n*0.09) {
			t.Errorf("%d of %d numbers are in tenth %d", count, n, i)
		}
	}
	if limit := 5 / math.Sqrt(n); math.Abs(next) > limit || math.Abs(other) > limit {
		t.Errorf("correlation %.4f with the next request and %.4f with another seed (must be within %.4f)", next, other, limit)
	}
}
