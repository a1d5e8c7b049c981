package hardware

import "slices"

// An axis names the two sizes that the cost of an operator depends on.
type axis int

const (
	byTokens    axis = iota // tokens computed
	bySequences             // chunks and decodes: at most these emit a token
	byPrefill               // prompt tokens, and the positions that each attends to in the mean
	byDecode                // decodes, and the positions that each attends to in the mean
)

// An operator is a kernel that an iteration runs, or a group of like ones.
type operator struct {
	name  string
	calls float64 // on the critical path of an iteration
	axis  axis
	cost  func(x, y float64) Cost
}

// operators returns what an iteration of the deployment runs, in order.
func (d *Deployment) operators() []operator {
	ops := []operator{d.embedding()}
	ops = append(ops, d.attentionOperators()...)
	ops = append(ops, d.denseMLP()...)
	ops = append(ops, d.expertMLP()...)
	ops = append(ops, d.layerOperators()...)
	ops = append(ops, d.headOperators()...)
	return slices.DeleteFunc(ops, func(o operator) bool { return o.calls == 0 })
}

// product returns the operator of a matrix product by tokens.
func (d *Deployment) product(name string, calls, n, k int, weights Precision) operator {
	g := newGEMM(&d.GPU, n, k, weights)
	return operator{name, float64(calls), byTokens, func(tokens, _ float64) Cost { return g.cost(tokens) }}
}

// passes returns an operator bound by memory that moves bytes per unit of x.
func (d *Deployment) passes(name string, calls, bytes float64, by axis) operator {
	gpu := &d.GPU
	return operator{name, calls, by, func(x, _ float64) Cost { return gpu.stream(x * bytes) }}
}

// stream returns the cost of a kernel that only moves bytes. What fits half of the
// L2 cache is still there from the kernel before.
func (g *GPU) stream(bytes float64) Cost {
	cached := min(bytes, g.L2MiB*(1<<20)/2)
	c := Cost{Bytes: bytes - cached, Speed: g.Bandwidth(), Peak: g.Peak(BF16)}
	return c.taking(launch + cached/(c.Speed*cacheSpeed) + c.Bytes/(c.Speed*bestStream))
}

// fused returns how many kernels of the given number are left where they also
// narrow their result to the precision of the next product: the measured products
// then include what they do, as a pass of its own.
func (d *Deployment) fused(kernels float64) float64 {
	if d.GPU.compute(d.Precision.dense()).Bytes() < 2 {
		return 0
	}
	return kernels
}

func (d *Deployment) embedding() operator {
	return d.passes("embedding", 1, 4*float64(d.Model.Hidden), byTokens)
}

// layerOperators are the small kernels of every layer, its all-reduces and the
// sends between pipeline stages.
func (d *Deployment) layerOperators() []operator {
	m, gpu := &d.Model, &d.GPU
	hidden := float64(m.Hidden) * 2
	layers := float64(m.Layers)
	ops := []operator{
		d.passes("norm", d.fused(2*layers), 4*hidden, byTokens), // adds the residual
		d.passes("rope", layers, 2*2*float64(m.qkv(d.Tensor)), byTokens),
		d.passes("cache write", layers, 2*d.kvBytesPerLayer(), byTokens),
	}
	if m.QKNorm {
		ops = append(ops, d.passes("qk norm", 2*layers, 4*float64(m.qkv(d.Tensor)), byTokens))
	}
	if d.Tensor > 1 {
		ops = append(ops, operator{"all-reduce", 2*layers + 1, byTokens, func(tokens, _ float64) Cost {
			return gpu.allReduce(d.Tensor, tokens*hidden, d.Engine.SyncMicros*1e-6)
		}})
	}
	if d.Pipeline > 1 {
		ops = append(ops, operator{"send", float64(d.Pipeline - 1), byTokens, func(tokens, _ float64) Cost {
			return gpu.send(tokens * hidden)
		}})
	}
	return ops
}

// headOperators turn the last hidden state of each sequence into a token.
func (d *Deployment) headOperators() []operator {
	m, gpu := &d.Model, &d.GPU
	head := newGEMM(gpu, ceilDiv(m.Vocab, d.Tensor), m.Hidden, BF16)
	ops := []operator{
		{"LM head", 1, bySequences, func(sequences, _ float64) Cost { return head.cost(sequences) }},
		d.passes("sampling", 3, 8*float64(m.Vocab), bySequences),
	}
	if d.Tensor > 1 {
		ops = append(ops, operator{"gather logits", 1, bySequences, func(sequences, _ float64) Cost {
			return gpu.allToAll(d.Tensor, sequences*float64(m.Vocab)*2)
		}})
	}
	return ops
}

// denseMLP is the MLP of the layers without experts.
func (d *Deployment) denseMLP() []operator {
	m := &d.Model
	layers := m.denseLayers()
	if layers == 0 {
		return nil
	}
	return d.mlp("", layers, ceilDiv(m.FFN, d.Tensor))
}

// mlp is an MLP of the given inner width on a rank.
func (d *Deployment) mlp(prefix string, layers, ffn int) []operator {
	m := &d.Model
	weights := d.Precision.dense()
	into := (m.matrices() - 1) * ffn
	return []operator{
		d.product(prefix+"gate-up", layers, into, m.Hidden, weights),
		d.passes(prefix+"activation", d.fused(float64(layers)), 2*float64(into+ffn), byTokens),
		d.product(prefix+"down", layers, m.Hidden, ffn, weights),
	}
}
