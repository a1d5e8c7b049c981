package metrics

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// A Histogram counts durations. Buckets are 1/128 of an octave wide, so that a
// percentile is off by at most HistogramError of its value; below 128 ns, and
// for the mean, the least and the greatest, it is exact. Sums are integers: a
// histogram of shards joined in any grouping has the same digits.
type Histogram struct {
	counts [buckets]int64
	n      int64
	sum    Sum
	min    time.Duration // of n > 0
	max    time.Duration
}

// HistogramError is the greatest relative error of a percentile.
const HistogramError = 1.0 / 256

const (
	perOctave = 7 // log2 of the buckets of an octave
	buckets   = (64 - perOctave) << perOctave
)

func bucket(v uint64) int {
	e := max(bits.Len64(v)-perOctave-1, 0)
	return e<<perOctave + int(v>>e)
}

// middle returns the duration that stands for those of a bucket.
func middle(i int) time.Duration {
	e := max(i>>perOctave-1, 0)
	return time.Duration(i-e<<perOctave)<<e + time.Duration(1)<<e>>1
}

// Record counts a duration.
func (h *Histogram) Record(d time.Duration) { h.RecordN(d, 1) }

// RecordN counts a duration n times; n may be 0. It panics if either is negative.
func (h *Histogram) RecordN(d time.Duration, n int) {
	if n <= 0 || d < 0 {
		if n == 0 {
			return
		}
		panic(fmt.Sprintf("metrics: duration %d ns recorded %d times", d, n))
	}
	h.counts[bucket(uint64(d))] += int64(n)
	h.sum.Add(int64(d), int64(n))
	if h.n == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.n += int64(n)
}

// Merge adds the durations that another histogram has counted.
func (h *Histogram) Merge(o *Histogram) {
	if o.n == 0 {
		return
	}
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.sum.Merge(o.sum)
	if h.n == 0 || o.min < h.min {
		h.min = o.min
	}
	h.max = max(h.max, o.max)
	h.n += o.n
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() int64 { return h.n }

// Mean returns the mean in ns, exact to rounding; NaN if nothing was recorded.
func (h *Histogram) Mean() float64 { return h.sum.Float() / float64(h.n) }

// Max returns the longest duration, 0 if nothing was recorded.
func (h *Histogram) Max() time.Duration { return h.max }

// Deviation returns the standard deviation of the population in ns, from the
// middles of buckets; NaN if nothing was recorded.
func (h *Histogram) Deviation() float64 {
	mean, squares := 0.0, 0.0
	for i, c := range h.counts {
		mean += float64(c) * float64(h.clamp(i))
	}
	mean /= float64(h.n)
	for i, c := range h.counts {
		if c > 0 {
			d := float64(h.clamp(i)) - mean
			squares += float64(c) * d * d
		}
	}
	return math.Sqrt(squares / float64(h.n))
}

// Percentile returns the value in ns below which a share p of the durations
// lies, by linear interpolation between the two nearest as numpy does; NaN if
// nothing was recorded.
func (h *Histogram) Percentile(p Ratio) float64 {
	if h.n == 0 {
		return math.NaN()
	}
	rank, part := position(p, h.n)
	low := float64(h.ranked(rank))
	if part == 0 {
		return low
	}
	return low + part*(float64(h.ranked(rank+1))-low)
}

// position returns the rank, from 0, and the part of the way to the next one at
// which a share p of n ordered values lies.
func position(p Ratio, n int64) (rank int64, part float64) {
	hi, lo := bits.Mul64(uint64(p.Num), uint64(n-1))
	q, rem := bits.Div64(hi, lo, uint64(p.Den))
	return int64(q), float64(rem) / float64(p.Den)
}

// ranked returns the duration with k shorter ones before it.
func (h *Histogram) ranked(k int64) time.Duration {
	switch {
	case k == 0:
		return h.min
	case k == h.n-1:
		return h.max
	}
	for i, c := range h.counts {
		if k -= c; k < 0 {
			return h.clamp(i)
		}
	}
	panic(fmt.Sprintf("metrics: histogram of %d durations has none of rank %d more", h.n, k))
}

func (h *Histogram) clamp(i int) time.Duration { return min(max(middle(i), h.min), h.max) }
