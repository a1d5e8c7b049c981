package workloads

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The guide leads to the points that looking at all leads to.
func TestAGuideLeadsToThePointsAround(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for trial := range 300 {
		lengths, at := []int{1}, []float64{0}
		for n := r.IntN(40); n > 0; n-- {
			lengths, at = append(lengths, 1+r.IntN(1000)), append(at, r.Float64())
		}
		lengths, at = append(lengths, 1000), append(at, 1)
		slices.Sort(lengths)
		slices.Sort(at)
		if trial%3 == 0 {
			at = nil
		}
		q, err := newQuantileFunction(lengths, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range slices.Concat(q.at[:len(q.at)-1], []float64{math.Nextafter(1, 0), r.Float64(), r.Float64()}) {
			i := 0
			for q.at[i+1] <= u {
				i++
			}
			part := (u - q.at[i]) / (q.at[i+1] - q.at[i])
			if got, want := q.length(u), int(math.Round(q.value[i]+part*(q.value[i+1]-q.value[i]))); got != want {
				t.Fatalf("%v at %v: the part %v is up to %d, not %d", lengths, at, u, got, want)
			}
		}
	}
}
