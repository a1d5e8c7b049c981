package validation

import (
	"math"
	"slices"
)

// A quadratic is the sum of squared deviations near some constants, kept by
// experiment so that some can be left out. Constants count in nudges.
type quadratic struct{ parts []part }

// A part is an experiment's share: its gradient and the matrix of second
// derivatives.
type part struct {
	gradient []float64
	matrix   [][]float64
}

// outlier is the deviation from which on it counts linearly, not squared.
const outlier = 0.04

// ridge keeps constants that the experiments do not tell where they are.
const ridge = 1e-7

func (q *quadratic) experiments() int {
	return len(slices.DeleteFunc(slices.Clone(q.parts), func(p part) bool { return p.gradient == nil }))
}

// add adds an experiment: its deviations at the constants, then with each nudged.
func (q *quadratic) add(deviations [][]float64) {
	base, nudged := deviations[0], deviations[1:]
	for _, d := range nudged {
		if len(d) != len(base) || len(base) == 0 {
			q.parts = append(q.parts, part{})
			return
		}
	}
	n := len(nudged)
	p := part{make([]float64, n), make([][]float64, n)}
	for a := range n {
		p.matrix[a] = make([]float64, n)
		for i, r := range base {
			weight := min(1, outlier/math.Abs(r)) / float64(len(base))
			slope := nudged[a][i] - r
			p.gradient[a] += weight * slope * r
			for b := range n {
				p.matrix[a][b] += weight * slope * (nudged[b][i] - r)
			}
		}
	}
	q.parts = append(q.parts, p)
}

// minimum returns the constants, none negative, at which the sum over the
// experiments that are not left out is least.
func (q *quadratic) minimum(at []float64, out func(i int) bool) []float64 {
	n := len(at)
	g, h := make([]float64, n), make([][]float64, n)
	for a := range n {
		h[a] = make([]float64, n)
		h[a][a] = ridge
	}
	for i, p := range q.parts {
		if p.gradient == nil || out != nil && out(i) {
			continue
		}
		for a := range n {
			g[a] += p.gradient[a]
			for b := range n {
				h[a][b] += p.matrix[a][b]
			}
		}
	}
	to := descend(g, h, at)
	for a := range to {
		if h[a][a] <= ridge {
			to[a] = 0 // nothing left tells it
		}
	}
	return to
}

const sweeps = 20000

// descend minimises along one constant after the other.
func descend(g []float64, h [][]float64, at []float64) []float64 {
	step := make([]float64, len(at)) // in nudges
	for range sweeps {
		most := 0.0
		for a := range step {
			slope := g[a]
			for b := range step {
				slope += h[a][b] * step[b]
			}
			next := max(step[a]-slope/h[a][a], -at[a]/constants[a].nudge)
			most = max(most, math.Abs(next-step[a]))
			step[a] = next
		}
		if most < 1e-9 {
			break
		}
	}
	to := slices.Clone(at)
	for a := range to {
		to[a] = max(0, to[a]+step[a]*constants[a].nudge)
	}
	return to
}
