package hardware

// attentionOperators are the projections and the attention of all layers.
func (d *Deployment) attentionOperators() []operator {
	if d.Model.MLA != nil {
		return d.latentAttention()
	}
	m := &d.Model
	heads := ceilDiv(m.Heads, d.Tensor)
	weights := d.Precision.dense()
	ops := []operator{d.product("qkv", m.Layers, m.qkv(d.Tensor), m.Hidden, weights)}
	position := float64(2*m.kvHeads(d.Tensor)*m.HeadDim) * d.KVPrecision.Bytes()
	a := newAttention(&d.GPU, heads, m.kvHeads(d.Tensor), float64(m.HeadDim), float64(m.HeadDim), position, d.KVPrecision)
	a.most = d.Engine.AttentionTFLOPS * 1e12
	if full := m.Layers - m.windowed(); full > 0 {
		ops = append(ops, attend("", full, a, a, 0)...)
	}
	if m.windowed() > 0 {
		ops = append(ops, attend("window ", m.windowed(), a, a, float64(m.Window))...)
	}
	return append(ops, d.product("output", m.Layers, m.Hidden, heads*m.HeadDim, weights))
}

// attend returns the attention of some layers, in which a query sees at most window
// positions if that is above 0. Of a batch only the mean context is known, so that
// sequences on both sides of the window count slightly too much.
func attend(prefix string, layers int, prefill, decode *attention, window float64) []operator {
	see := func(keys float64) float64 {
		if window > 0 {
			return min(keys, window)
		}
		return keys
	}
	return []operator{
		{prefix + "prefill attention", float64(layers), byPrefill, func(tokens, keys float64) Cost { return prefill.prefill(tokens, see(keys)) }},
		{prefix + "decode attention", float64(layers), byDecode, func(batch, keys float64) Cost { return decode.decode(batch, see(keys)) }},
	}
}

// latentAttention is attention over a compressed cache (MLA). Prompts are computed
// with the keys and values of every head unpacked; decodes work on the latent
// itself, as one KV head that all queries share.
func (d *Deployment) latentAttention() []operator {
	m, l := &d.Model, d.Model.MLA
	heads := ceilDiv(m.Heads, d.Tensor)
	weights := d.Precision.dense()
	key := l.Nope + l.Rope
	var ops []operator
	query := m.Hidden
	if l.QueryRank > 0 {
		ops = append(ops, d.product("query down", m.Layers, l.QueryRank, m.Hidden, weights))
		query = l.QueryRank
	}
	ops = append(ops,
		d.product("query up", m.Layers, heads*key, query, weights),
		d.product("latent down", m.Layers, l.Rank+l.Rope, m.Hidden, weights),
		d.product("latent up", m.Layers, heads*(l.Nope+l.Value), l.Rank, weights),
	)
	cached := float64(l.Rank+l.Rope) * d.KVPrecision.Bytes()
	prefill := newAttention(&d.GPU, heads, heads, float64(key), float64(l.Value), cached, d.KVPrecision)
	prefill.most = d.Engine.AttentionTFLOPS * 1e12
	decode := newAttention(&d.GPU, heads, 1, float64(l.Rank+l.Rope), float64(l.Rank), cached, d.KVPrecision)
	ops = append(ops, attend("", m.Layers, prefill, decode, 0)...)
	return append(ops, d.product("output", m.Layers, m.Hidden, heads*l.Value, weights))
}
