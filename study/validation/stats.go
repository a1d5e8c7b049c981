package validation

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Stats describe values in ms; they are 0 if there are none.
type Stats struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
}

// describe returns the statistics of some durations, which it sorts.
func describe(values []time.Duration) (s Stats) {
	if len(values) == 0 {
		return s
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	s.Mean = sum / float64(len(values)) / 1e6
	s.P50, s.P90, s.P99 = percentile(values, 0.5), percentile(values, 0.9), percentile(values, 0.99)
	return s
}

// percentile returns quantile in ms.
func percentile(sorted []time.Duration, p float64) float64 { return quantile(sorted, p) / 1e6 }

// quantile returns the value below which a share p of sorted values lies, by linear
// interpolation.
func quantile[T time.Duration | float64](sorted []T, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	low := float64(sorted[i])
	if i+1 < len(sorted) {
		low += (at - float64(i)) * float64(sorted[i+1]-sorted[i])
	}
	return low
}

// distance returns the largest difference between the cumulative distributions of
// two sorted samples (Kolmogorov and Smirnov), 0 to 1.
func distance[T cmp.Ordered](a, b []T) float64 {
	i, j, most := 0, 0, 0.0
	for i < len(a) && j < len(b) {
		at := min(a[i], b[j])
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
		most = max(most, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return most
}

// ape returns by how many percent a prediction is off.
func ape(predicted, measured float64) float64 {
	return math.Abs(predicted-measured) / math.Abs(measured) * 100
}

// A Pool gathers errors in percent.
type Pool struct {
	Mean   float64 `json:"mean"`
	Median float64 `json:"median"`
	Most   float64 `json:"p80"` // a share of Share is not above it
	N      int     `json:"n"`
}

// Share is the share of held-out errors that lie within the band of a prediction.
const Share = 0.8

// pool returns the mean and the median of errors, which it sorts.
func pool(errors []float64) (p Pool) {
	p.N = len(errors)
	if p.N == 0 {
		return p
	}
	slices.Sort(errors)
	for _, e := range errors {
		p.Mean += e / float64(p.N)
	}
	p.Median = (errors[(p.N-1)/2] + errors[p.N/2]) / 2
	p.Most = quantile(errors, Share)
	return p
}
