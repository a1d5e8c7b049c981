package hardware

import (
	"maps"
	"math"
	"slices"
)

// An attention prices the attention of one layer on one rank.
type attention struct {
	gpu                       *GPU
	heads, kvHeads            float64
	headDim, valueDim         float64 // width of the scores and of the values
	cacheBytes                float64 // of one position, keys and values
	prefillRatio, decodeRatio grid
	prefillFloor, decodeFloor float64 // seconds
	spread                    float64 // sequences that decode as one sequence does with all KV heads
	most                      float64 // FLOP per second that prefills reach at most; 0 for no limit
}

// newAttention prepares attention with the given heads per rank.
func newAttention(gpu *GPU, heads, kvHeads int, headDim, valueDim, cacheBytes float64, cache Precision) *attention {
	a := &attention{gpu: gpu, heads: float64(heads), kvHeads: float64(kvHeads), headDim: headDim, valueDim: valueDim, cacheBytes: cacheBytes}
	k := gpu.kernels()
	if k == nil || k.Prefill == nil || k.Decode == nil {
		return a
	}
	keys := []float64{headDim, 8 * cache.Bytes(), a.heads, a.kvHeads}
	a.prefillRatio, a.prefillFloor = newGrid(k.Prefill, keys), k.Prefill.FloorMicros*1e-6
	a.spread = max(1, a.kvHeads/float64(k.Decode.mostKVHeads()))
	keys[2], keys[3] = keys[2]/a.spread, keys[3]/a.spread
	a.decodeRatio, a.decodeFloor = newGrid(k.Decode, keys), k.Decode.FloorMicros*1e-6
	return a
}

// mostKVHeads returns the most KV heads that an attention table was measured with.
// Decoding with more is like decoding more sequences with as many: every KV head of
// every sequence is work of its own.
func (t *Table) mostKVHeads() int {
	most := 0
	for _, row := range t.Rows {
		most = max(most, row[3])
	}
	return most
}

// decode returns the cost of one query for each of batch sequences that have
// context positions each.
func (a *attention) decode(batch, context float64) Cost {
	c := a.decodeBound(batch, context)
	if a.decodeRatio.measured() {
		return c.taking(math.Exp(a.decodeRatio.at(batch*a.spread, context)) * (c.Bound() + a.decodeFloor))
	}
	return c.taking(max(c.FLOPs/(c.Peak*bestAttention), c.Bytes/(c.Speed*bestBandwidth)) + 2*launch)
}

func (a *attention) decodeBound(batch, context float64) Cost {
	positions := batch * context
	return Cost{
		FLOPs: 2 * a.heads * (a.headDim + a.valueDim) * positions,
		Bytes: positions*a.cacheBytes + batch*a.heads*(a.headDim+a.valueDim)*2,
		Peak:  a.gpu.Peak(BF16), Speed: a.gpu.Bandwidth(),
	}
}

// prefill returns the cost of tokens queries, each of which attends to keys
// positions in the mean. Whole prompts of n tokens have (n+1)/2; chunks that follow
// cached tokens have more.
func (a *attention) prefill(tokens, keys float64) Cost {
	c := a.fastest(tokens, keys)
	if a.most > 0 {
		c.Seconds = max(c.Seconds, c.FLOPs/a.most)
	}
	return c
}

// fastest is prefill with kernels that make use of the whole GPU.
func (a *attention) fastest(tokens, keys float64) Cost {
	length := max(1, 2*keys-1) // of the whole prompt with as many keys per query
	batch := tokens / length
	c := a.prefillBound(tokens, keys)
	if !a.prefillRatio.measured() {
		return c.taking(max(c.FLOPs/(c.Peak*bestAttention), c.Bytes/(c.Speed*bestBandwidth)) + 2*launch)
	}
	if batch >= 1 {
		return c.taking(math.Exp(a.prefillRatio.at(batch, length)) * (c.Bound() + a.prefillFloor))
	}
	// A chunk fills the GPU as a whole prompt of as many tokens does, but works
	// for longer; with its length its utilisation nears that of the long prompt.
	whole := a.prefillBound(tokens, (tokens+1)/2)
	short := math.Exp(a.prefillRatio.at(1, tokens)) * (whole.Bound() + a.prefillFloor)
	ratio := math.Exp(a.prefillRatio.at(1, length))
	return c.taking(max(short, short+ratio*(c.Bound()-whole.Bound()), a.serial(tokens, keys)))
}

// serial returns the least time of a chunk with a long past: a block of queries
// walks over all keys on one SM, however few the queries are.
func (a *attention) serial(tokens, keys float64) float64 {
	if a.gpu.SMs == 0 {
		return 0
	}
	blocks := a.heads * math.Ceil(tokens/queryBlock)
	sms := float64(a.gpu.SMs)
	perKey := 2 * queryBlock * (a.headDim + a.valueDim) * sms / (a.gpu.Peak(BF16) * bestAttention)
	return max(1, blocks/sms) * keys * perKey
}

const queryBlock = 64 // queries that a block of threads works on, at the least

func (a *attention) prefillBound(tokens, keys float64) Cost {
	return Cost{
		FLOPs: 2 * a.heads * (a.headDim + a.valueDim) * tokens * keys,
		Bytes: tokens*a.heads*(a.headDim+a.valueDim)*2 + tokens*a.cacheBytes,
		Peak:  a.gpu.Peak(BF16), Speed: a.gpu.Bandwidth(),
	}
}

// A grid holds logarithms of ratios over two sizes.
type grid struct {
	xs, ys []float64   // logarithms of the sizes
	values [][]float64 // by x, then y
}

func (g grid) measured() bool { return len(g.xs) > 0 }

// newGrid evaluates a kernel of a table at every pair of its sizes. Where a pair
// was not measured, being too large, the ratio of the next smaller batch stands in.
func newGrid(t *Table, keys []float64) grid {
	known := map[[2]int]float64{}
	xs, ys := map[int]bool{}, map[int]bool{}
	row := t.row(keys...)
	for _, c := range t.Columns {
		known[[2]int{c[0], c[1]}] = logRatio(row, c[2:])
		xs[c[0]], ys[c[1]] = true, true
	}
	var g grid
	ordered := slices.Sorted(maps.Keys(ys))
	for _, y := range ordered {
		g.ys = append(g.ys, math.Log(float64(y)))
	}
	for i, x := range slices.Sorted(maps.Keys(xs)) {
		g.xs = append(g.xs, math.Log(float64(x)))
		line := make([]float64, len(ordered))
		for j, y := range ordered {
			v, ok := known[[2]int{x, y}]
			switch {
			case ok:
				line[j] = v
			case i > 0:
				line[j] = g.values[i-1][j]
			case j > 0:
				line[j] = line[j-1]
			}
		}
		g.values = append(g.values, line)
	}
	return g
}

// at returns the value at (x, y), linear in their logarithms and held at the edges.
func (g grid) at(x, y float64) float64 {
	i, f := cell(g.xs, math.Log(x))
	j, h := cell(g.ys, math.Log(y))
	low := g.values[i][j] + h*(g.values[i][j+1]-g.values[i][j])
	high := g.values[i+1][j] + h*(g.values[i+1][j+1]-g.values[i+1][j])
	return low + f*(high-low)
}

// cell returns the interval of xs that holds x and how far along it x is, 0 to 1.
func cell(xs []float64, x float64) (int, float64) {
	i, _ := slices.BinarySearch(xs, x)
	i = min(max(i-1, 0), len(xs)-2)
	f := (x - xs[i]) / (xs[i+1] - xs[i])
	return i, min(max(f, 0), 1)
}
