package hardware

import "math"

// experts prices the routed experts of one layer on one rank.
type experts struct {
	gpu           *GPU
	hidden, ffn   float64 // ffn per rank
	perToken, all float64 // experts
	ranks         float64 // that share the experts
	weights       Precision
	kernels       []expertKernel // of which the engine takes the fastest; empty if unmeasured
}

// An expertKernel is what was measured of a way to compute the experts.
type expertKernel struct {
	tokens, ratios []float64 // logarithms of the ratios
	floor          float64   // seconds
}

// expertMLP is the MLP of the layers with experts: router, routed and shared
// experts, and what it takes to bring tokens to them.
func (d *Deployment) expertMLP() []operator {
	m := &d.Model
	if m.MoE == nil {
		return nil
	}
	e := m.MoE
	layers := m.Layers - m.denseLayers()
	group := d.Tensor * d.Data // ranks that hold the experts together
	x := newExperts(&d.GPU, m, ceilDiv(e.FFN*d.Expert, group), d.Expert, d.Precision)
	busiest := float64(d.Data) // tokens of all ranks, as the rank with the most of them sees it
	if d.Expert > 1 {
		busiest *= max(1, d.Imbalance)
	}
	ops := []operator{
		d.product("router", layers, e.Experts, m.Hidden, BF16),
		d.passes("dispatch", 3*float64(layers), 4*float64(e.Experts), byTokens), // choice of experts, order by expert, sum
		{"experts", float64(layers), byTokens, func(tokens, _ float64) Cost { return x.cost(tokens * busiest) }},
	}
	if e.SharedFFN > 0 {
		ops = append(ops, d.mlp("shared ", layers, ceilDiv(e.SharedFFN, d.Tensor))...)
	}
	if d.Data > 1 {
		bytes := float64(e.PerToken*m.Hidden) * 2 / float64(d.Tensor)
		ops = append(ops, operator{"all-to-all", float64(2 * layers), byTokens, func(tokens, _ float64) Cost {
			return d.GPU.allToAll(group, tokens*bytes)
		}})
	}
	return ops
}

func newExperts(gpu *GPU, m *Model, ffn, ranks int, weights Precision) *experts {
	x := &experts{gpu: gpu, hidden: float64(m.Hidden), ffn: float64(ffn), perToken: float64(m.MoE.PerToken),
		all: float64(m.MoE.Experts), ranks: float64(ranks), weights: weights}
	keys := []float64{x.hidden, x.ffn, x.perToken, x.all, x.ranks}
	for _, table := range gpu.moeTables(gpu.compute(weights)) {
		k := expertKernel{floor: table.FloorMicros * 1e-6}
		row := table.row(keys...)
		for _, c := range table.Columns {
			k.tokens = append(k.tokens, float64(c[0]))
			k.ratios = append(k.ratios, logRatio(row, c[1:]))
		}
		x.kernels = append(x.kernels, k)
	}
	return x
}

// bound returns what a rank does for the given tokens of all ranks, without its time.
func (x *experts) bound(tokens float64) Cost {
	pairs := tokens * x.perToken / x.ranks
	weights := 3 * x.hidden * x.ffn
	hit := x.all / x.ranks * (1 - math.Pow(1-x.perToken/x.all, tokens)) // experts with a token, expected
	return Cost{
		FLOPs: 2 * weights * pairs,
		Bytes: hit*weights*x.weights.Bytes() + pairs*2*x.hidden*2,
		Peak:  x.gpu.Peak(x.weights), Speed: x.gpu.Bandwidth(),
	}
}

func (x *experts) cost(tokens float64) Cost {
	c := x.bound(tokens)
	if len(x.kernels) == 0 {
		return c.taking(max(c.FLOPs/(c.Peak*bestCompute), c.Bytes/(c.Speed*bestBandwidth)) + 4*launch)
	}
	seconds, unpacked := math.Inf(1), c.unpacked(x.weights)
	for _, k := range x.kernels {
		seconds = min(seconds, math.Exp(interpolateLog(k.tokens, k.ratios, tokens))*(unpacked+k.floor))
	}
	return c.taking(seconds).sustained(x.gpu.Throttle)
}

// interpolateLog is interpolate over the logarithm of x, held beyond the last point.
func interpolateLog(xs, ys []float64, x float64) float64 {
	last := len(xs) - 1
	if x >= xs[last] {
		return ys[last]
	}
	i := 0
	for i < last-1 && xs[i+1] <= x {
		i++
	}
	f := math.Log(max(x, xs[0])/xs[i]) / math.Log(xs[i+1]/xs[i])
	return ys[i] + f*(ys[i+1]-ys[i])
}
