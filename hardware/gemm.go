package hardware

import (
	"math"
	"sort"
)

// A gemm multiplies tokens by k×n weights.
type gemm struct {
	gpu     *GPU
	n, k    float64
	weights Precision
	bytes   float64 // per activation

	// The measured times at some token counts, non-decreasing; empty if unmeasured.
	tokens, seconds []float64
}

// newGEMM prepares the product of tokens and k×n weights.
func newGEMM(gpu *GPU, n, k int, weights Precision) *gemm {
	g := &gemm{gpu: gpu, n: float64(n), k: float64(k), weights: weights, bytes: 2}
	compute := gpu.compute(weights)
	g.bytes = min(2, compute.Bytes())
	table := gpu.gemmTable(compute)
	if table == nil {
		return g
	}
	row := table.row(g.n, g.k)
	for _, column := range table.Columns {
		m := float64(column[0])
		ratio := math.Exp(logRatio(row, column[1:]))
		g.tokens = append(g.tokens, m)
		g.seconds = append(g.seconds, ratio*(g.bound(m).Bound()+table.FloorMicros*1e-6))
	}
	isotonic(g.seconds)
	return g
}

// bound returns what the product of m tokens does, without its time.
func (g *gemm) bound(m float64) Cost {
	return Cost{
		FLOPs: 2 * m * g.n * g.k,
		Bytes: g.n*g.k*g.weights.Bytes() + m*g.k*g.bytes + m*g.n*2,
		Peak:  g.gpu.Peak(g.weights),
		Speed: g.gpu.Bandwidth(),
	}
}

// cost returns the cost of multiplying m tokens under sustained load.
func (g *gemm) cost(m float64) Cost { return g.alone(m).sustained(g.gpu.Throttle) }

// alone returns the cost as a benchmark of the kernel sees it.
func (g *gemm) alone(m float64) Cost {
	c := g.bound(m)
	if len(g.tokens) == 0 {
		arithmetic := 2 * (m + halfTokens) * g.n * g.k / (c.Peak * bestCompute)
		return c.taking(max(arithmetic, c.Bytes/(c.Speed*bestBandwidth)) + launch)
	}
	last := len(g.tokens) - 1
	if m >= g.tokens[last] { // the utilisation stays
		return c.taking(g.seconds[last] * c.Bound() / g.bound(g.tokens[last]).Bound())
	}
	return c.taking(interpolate(g.tokens, g.seconds, m))
}

// interpolate returns the value at x, linear between the points (xs, ys) and
// constant before the first.
func interpolate(xs, ys []float64, x float64) float64 {
	i := sort.SearchFloat64s(xs, x)
	if i == 0 {
		return ys[0]
	}
	if i == len(xs) {
		i--
	}
	f := (x - xs[i-1]) / (xs[i] - xs[i-1])
	return ys[i-1] + f*(ys[i]-ys[i-1])
}

// isotonic replaces values by the nearest non-decreasing ones, in least squares of
// logarithms weighted equally: it pools adjacent violators into their geometric mean.
func isotonic(values []float64) {
	type block struct {
		sum   float64
		count int
	}
	var blocks []block
	for _, v := range values {
		blocks = append(blocks, block{math.Log(v), 1})
		for n := len(blocks); n > 1 && blocks[n-2].sum*float64(blocks[n-1].count) > blocks[n-1].sum*float64(blocks[n-2].count); n-- {
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].count += blocks[n-1].count
			blocks = blocks[:n-1]
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			values[i] = math.Exp(b.sum / float64(b.count))
			i++
		}
	}
}
