package metrics

import (
	"math"
	"slices"
)

// The functions of this file compute in floats what Etalon's own code does, to
// the last bit, so that its numbers can be laid beside ours. They are for
// comparison only: floor division of floats miscounts exact multiples. Products
// are converted before they are added, which keeps a compiler from fusing them.

// EtalonMisses scores the gaps of a reply, the first being its TTFT, in seconds:
// how many deadlines were missed of how many, which are floats because Etalon's
// are. With skipFirst the first token is neither scored nor saves time.
func EtalonMisses(gaps []float64, first, target float64, skipFirst bool) (missed, total float64) {
	slack := 0.0
	for i, t := range gaps {
		due := target
		if i == 0 {
			if skipFirst {
				continue
			}
			due = first
		}
		if t <= due+slack {
			slack += due - t
			total++
			continue
		}
		k := floorDiv(t-slack, target)
		if i == 0 {
			k = 1 + floorDiv(t-slack-first, target)
		}
		missed += k
		total += k
		slack = 0
	}
	return missed, total
}

// EtalonMissRate returns missed over total; a reply without deadlines misses none.
func EtalonMissRate(gaps []float64, first, target float64, skipFirst bool) float64 {
	missed, total := EtalonMisses(gaps, first, target, skipFirst)
	if total == 0 {
		return 0
	}
	return missed / total
}

// EtalonLeastTarget searches the least target in seconds at which the miss rate
// is at most that given, in steps of 0.1 ms; 1e10 if there is none.
func EtalonLeastTarget(gaps []float64, first, missRate float64, skipFirst bool) float64 {
	const step = 1e-4
	low, high, best := 0.0, 1e10, 1e10
	for high-low > step {
		mid := (low + high) / 2
		if EtalonMissRate(gaps, first, mid, skipFirst) > missRate {
			low = mid + step
		} else {
			best = mid
			high = mid - step
		}
	}
	return best
}

// floorDiv is Python's // of floats.
func floorDiv(a, b float64) float64 {
	m := math.Mod(a, b)
	d := (a - m) / b
	if m != 0 && (b < 0) != (m < 0) {
		d--
	}
	f := math.Floor(d)
	if d-f > 0.5 {
		f++
	}
	return f
}

// quantile is numpy's, linear between the two nearest values; NaN of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	at := float64(len(v)-1) * q
	i := int(at)
	if i+1 >= len(v) {
		return v[len(v)-1]
	}
	part, step := at-float64(i), v[i+1]-v[i]
	if part >= 0.5 {
		return v[i+1] - float64(step*(1-part))
	}
	return v[i] + float64(step*part)
}

// mean is the sum in order over the count; NaN of none.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
