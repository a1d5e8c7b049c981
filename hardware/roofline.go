package hardware

import (
	"math"
	"time"
)

func init() { RegisterCostModel("roofline", newRoofline) }

// Shares of the datasheet peaks that a roofline reaches at its best. They are
// rules of thumb, used where nothing is measured.
const (
	bestCompute   = 0.75 // of FLOP/s, approached as tokens grow
	halfTokens    = 96   // tokens at which products reach half of it
	bestAttention = 0.5  // of FLOP/s, in prefill attention
	bestBandwidth = 0.85 // of memory bandwidth
	bestLink      = 0.7  // of link bandwidth
	reduceMicros  = 8    // least time of an all-reduce
	sendMicros    = 10   // least time of a send between pipeline stages
)

// A roofline charges every operator with the larger of its arithmetic and its
// memory traffic, at shares of the datasheet peaks.
type roofline struct {
	dense    curve   // seconds by tokens: what does not look at the context
	head     curve   // seconds by sequences that emit: LM head and engine
	pair     float64 // seconds of arithmetic per query-key pair of prefill
	position float64 // seconds to read or write the cache at one position
	base     float64 // seconds of engine per iteration
}

const mostTokens = 1 << 17 // tabulated; larger iterations follow the last slope

func newRoofline(d Deployment) (CostModel, error) {
	g, m := d.GPU, d.Model
	bandwidth := g.Bandwidth() * bestBandwidth
	return &roofline{
		dense:    tabulate(mostTokens, d.denseSeconds),
		head:     tabulate(mostTokens, d.headSeconds),
		pair:     4 * float64(m.Layers) * float64(ceilDiv(m.Heads, d.Tensor)*m.HeadDim) / (g.Peak(BF16) * bestAttention),
		position: d.KVBytesPerToken() * float64(d.Pipeline) / bandwidth,
		base:     d.Engine.IterationMicros * 1e-6,
	}, nil
}

// IterationTime implements CostModel.
func (r *roofline) IterationTime(s Shape) time.Duration {
	tokens := s.PrefillTokens + s.Decodes
	t := r.base + r.dense.at(tokens) + r.head.at(s.Prefills+s.Decodes)
	t += max(float64(s.PrefillPairs)*r.pair, float64(s.PrefillTokens+s.PrefillContext)*r.position)
	t += float64(s.DecodeContext+s.Decodes) * r.position
	return time.Duration(math.Ceil(t * 1e9))
}

// denseSeconds is the time of all layers over tokens, attention left out.
func (d Deployment) denseSeconds(tokens int) float64 {
	m, n := d.Model, float64(tokens)
	perLayer := d.product(m.layerWeights(d.Tensor), n) + d.elementwise(n) + 2*d.allReduce(n)
	sends := float64(d.Pipeline-1) * (sendMicros*1e-6 + n*float64(m.Hidden)*2/(d.GPU.Link.InterNodeGBps*1e9*bestLink))
	return float64(m.Layers)*perLayer + sends
}

// headSeconds is the time of the LM head and of what the engine does per sequence.
func (d Deployment) headSeconds(sequences int) float64 {
	n := float64(sequences)
	weights := d.Model.table(d.Tensor)
	arithmetic := 2 * weights * (n + halfTokens) / (d.GPU.Peak(BF16) * bestCompute)
	memory := 2 * weights / (d.GPU.Bandwidth() * bestBandwidth)
	return max(arithmetic, memory) + n*d.Engine.SequenceMicros*1e-6
}

// product is the time of multiplying n tokens by weights that are read once.
func (d Deployment) product(weights, n float64) float64 {
	arithmetic := 2 * weights * (n + halfTokens) / (d.GPU.Peak(d.Precision) * bestCompute)
	memory := weights * d.Precision.Bytes() / (d.GPU.Bandwidth() * bestBandwidth)
	return max(arithmetic, memory)
}

// elementwise is the time of norms, activations and residuals of a layer, bound
// by memory: about ten passes over the hidden state, and three over the MLP's.
func (d Deployment) elementwise(n float64) float64 {
	m := d.Model
	passes := 10*float64(m.Hidden) + 3*float64(ceilDiv(m.FFN, d.Tensor))
	return n * 2 * passes / (d.GPU.Bandwidth() * bestBandwidth)
}

// allReduce is the time to sum the hidden state of n tokens over the tensor-parallel ranks.
func (d Deployment) allReduce(n float64) float64 {
	if d.Tensor == 1 {
		return 0
	}
	link := d.GPU.Link.IntraNodeGBps
	if d.Tensor > d.GPU.Link.GPUsPerNode {
		link = d.GPU.Link.InterNodeGBps
	}
	ranks := float64(d.Tensor)
	return reduceMicros*1e-6 + 2*(ranks-1)/ranks*n*float64(d.Model.Hidden)*2/(link*1e9*bestLink)
}
