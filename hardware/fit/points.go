package fit

import (
	"fmt"
	"math"
	"slices"

	"metronome/hardware"
)

// A point is one measured kernel call.
type point struct {
	row, column []int // keys in the table
	seconds     float64
	bound       hardware.Cost
	at          string // place in its file
}

// check refuses points that cannot be what they say: the same call twice, or
// latencies in another unit.
func check(file string, points []point) error {
	seen := map[string]string{}
	fast, ratios := 0, make([]float64, 0, len(points))
	for _, p := range points {
		key := fmt.Sprint(p.row, p.column)
		if first, ok := seen[key]; ok {
			return fmt.Errorf("%s: the same call as %s (one row each)", p.at, first)
		}
		seen[key] = p.at
		if p.seconds < p.bound.FLOPs/p.bound.Peak {
			fast++
		}
		ratios = append(ratios, p.seconds/p.bound.Bound())
	}
	if 2*fast > len(points) {
		return fmt.Errorf("%s: %d of %d rows are faster than the peak of the GPU (latency_ms must be in milliseconds)", file, fast, len(points))
	}
	slices.Sort(ratios)
	if median := ratios[len(ratios)/2]; median < 1.0/3 {
		return fmt.Errorf("%s: the median row is %.1f times faster than its roofline (latency_ms must be in milliseconds)", file, 1/median)
	}
	return nil
}

// warm splits off the points that are faster than memory because their operands
// fit the cache: repeated calls hit it, iterations of a whole model do not.
func warm(points []point, l2 float64) (kept []point, hits int) {
	for _, p := range points {
		if p.seconds < p.bound.Bytes/p.bound.Speed && p.bound.Bytes < l2 {
			hits++
			continue
		}
		kept = append(kept, p)
	}
	return kept, hits
}

// dense drops the kernels that were measured at less than a quarter of the sizes,
// and refuses tables in which these are many.
func dense(file string, m *matrix) (*matrix, error) {
	measured := func(i int) int {
		n := 0
		for _, v := range m.values[i] {
			if !math.IsNaN(v) {
				n++
			}
		}
		return n
	}
	kept := m.keep(func(i int) bool { return 4*measured(i) >= len(m.columns) })
	if lost := len(m.rows) - len(kept.rows); 10*lost > len(m.rows) {
		return nil, fmt.Errorf("%s: gaps: %d of %d kernels were measured at less than a quarter of the %d sizes (at most a tenth of them may be)",
			file, lost, len(m.rows), len(m.columns))
	}
	return kept, nil
}
