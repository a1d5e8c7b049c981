package hardware

// GEMMBound returns what multiplying m tokens by k×n weights does on a GPU, and so
// the bound to which a table of the family "gemm" relates.
func (g *GPU) GEMMBound(m, n, k int, weights Precision) Cost {
	return newGEMM(g.bare(), n, k, weights).bound(float64(m))
}

// PrefillBound is GEMMBound for the attention of batch prompts of some tokens
// each, in one layer, with a cache of the given precision.
func (g *GPU) PrefillBound(batch, tokens, heads, kvHeads, headDim int, cache Precision) Cost {
	a := g.attentionOf(heads, kvHeads, headDim, cache)
	return a.prefillBound(float64(batch*tokens), float64(tokens+1)/2)
}

// DecodeBound is GEMMBound for the attention of batch sequences that have some
// positions each, in one layer.
func (g *GPU) DecodeBound(batch, positions, heads, kvHeads, headDim int, cache Precision) Cost {
	return g.attentionOf(heads, kvHeads, headDim, cache).decodeBound(float64(batch), float64(positions))
}

// MoEBound is GEMMBound for the routed experts of a layer: tokens of all ranks, of
// which each takes perToken of the experts, on one of ranks that share them.
func (g *GPU) MoEBound(tokens, hidden, ffn, perToken, experts, ranks int, weights Precision) Cost {
	m := Model{Hidden: hidden, MoE: &MoE{Experts: experts, PerToken: perToken}}
	return newExperts(g.bare(), &m, ffn, ranks, weights).bound(float64(tokens))
}

func (g *GPU) attentionOf(heads, kvHeads, headDim int, cache Precision) *attention {
	position := float64(2*kvHeads*headDim) * cache.Bytes()
	return newAttention(g.bare(), heads, kvHeads, float64(headDim), float64(headDim), position, cache)
}

// bare returns the GPU without its measurements.
func (g *GPU) bare() *GPU {
	b := *g
	b.Kernels, b.relative = nil, nil
	return &b
}
