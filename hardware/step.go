package hardware

import (
	"math"
	"time"
)

func init() {
	RegisterCostModel("kernels", newStep)
	RegisterCostModel("roofline", func(d Deployment) (CostModel, error) {
		d.GPU.Kernels, d.GPU.relative = nil, nil
		return newStep(d)
	})
}

// Rules of thumb, used for kernels that nobody has measured.
const (
	bestCompute   = 0.75  // of peak FLOP/s, approached as tokens grow
	halfTokens    = 96    // tokens at which products reach half of it
	bestAttention = 0.5   // of peak FLOP/s
	bestBandwidth = 0.85  // of memory bandwidth, in products
	bestStream    = 0.8   // of memory bandwidth, in elementwise kernels
	cacheSpeed    = 2.5   // of memory bandwidth, from the L2 cache
	bestLink      = 0.7   // of link bandwidth
	launch        = 2e-6  // seconds between the starts of two small kernels of a graph
	reduceLatency = 8e-6  // seconds, least time of a collective
	sendLatency   = 10e-6 // seconds, least time of a send between pipeline stages
)

// A step adds up the operators of an iteration, tabulated over what they depend on.
type step struct {
	tokens    curve // seconds by tokens
	sequences curve // seconds by sequences
	engine    Engine
	model     *Model
	bandwidth float64 // bytes per second
	mixed     float64 // of the decodes' attention, beside prefills
	prefill   surface // seconds by prompt tokens and mean positions
	decode    surface // seconds by decodes and mean positions
	read      float64 // seconds, at best, to read the cache of a position
	alone     []alone // by decodes, of iterations without prefills, which are most
}

// alone is what an iteration of so many decodes costs whatever their context.
type alone struct {
	kernels, launches, engine float64 // seconds
	row                       row     // of the decode surface
}

const (
	mostTokens    = 1 << 17 // tabulated; larger sizes follow the last slope
	mostSequences = 1 << 13
	mostPositions = 1 << 18
	mostAlone     = 1 << 10
)

func newStep(d Deployment) (CostModel, error) {
	ops := d.operators()
	along := func(by axis) func(x, y float64) float64 {
		return func(x, y float64) float64 {
			t := 0.0
			for i := range ops {
				if ops[i].axis == by {
					t += ops[i].calls * ops[i].cost(x, y).Seconds
				}
			}
			return t
		}
	}
	tokens, sequences := along(byTokens), along(bySequences)
	m := &step{
		tokens:    tabulate(mostTokens, func(n int) float64 { return tokens(float64(n), 0) }),
		sequences: tabulate(mostSequences, func(n int) float64 { return sequences(float64(n), 0) }),
		prefill:   tabulateSurface(mostTokens, mostPositions, along(byPrefill)),
		decode:    tabulateSurface(mostSequences, mostPositions, along(byDecode)),
		engine:    d.Engine,
		model:     &d.Model,
		bandwidth: d.GPU.Bandwidth(),
		mixed:     d.mixed(),
		read:      d.readSeconds(),
	}
	for n := range mostAlone {
		m.alone = append(m.alone, m.tabulateAlone(&Shape{Decodes: n}))
	}
	return m, nil
}

func (m *step) tabulateAlone(s *Shape) alone {
	return alone{
		kernels:  m.tokens.at(m.engine.padded(s)) + m.sequences.at(s.Decodes),
		launches: m.engine.launches(s, m.model.Layers),
		engine:   m.engine.seconds(s, m.model, m.bandwidth),
		row:      m.decode.row(float64(s.Decodes)),
	}
}

// readSeconds returns the time that reading one cached position takes at least. A
// window bounds what is read, so that models with one have no such bound.
func (d *Deployment) readSeconds() float64 {
	if d.Model.windowed() > 0 {
		return 0
	}
	return d.kvBytesPerLayer() * float64(d.Model.Layers) / d.GPU.Bandwidth()
}

// IterationTime implements CostModel.
func (m *step) IterationTime(s Shape) time.Duration {
	if s.Prefills|s.PrefillTokens == 0 && s.Decodes > 0 && s.Decodes < mostAlone {
		a := &m.alone[s.Decodes]
		t := a.kernels + m.decode.along(a.row, float64(s.DecodeContext)/float64(s.Decodes)+1)
		if t < a.launches {
			t = a.launches
		}
		return nanoseconds(t + a.engine)
	}
	return m.mixture(&s)
}

// nanoseconds returns the time that so many seconds take, rounded up.
func nanoseconds(seconds float64) time.Duration { return time.Duration(math.Ceil(seconds * 1e9)) }

// mixture returns the time of an iteration of any shape.
func (m *step) mixture(s *Shape) time.Duration {
	t := m.tokens.at(m.engine.padded(s)) + m.sequences.at(s.Prefills+s.Decodes)
	if s.PrefillTokens > 0 {
		n := float64(s.PrefillTokens)
		t += max(m.prefill.at(n, float64(s.PrefillPairs)/n), float64(s.PrefillTokens+s.PrefillContext)*m.read)
	}
	if s.Decodes > 0 {
		n := float64(s.Decodes)
		decode := m.decode.at(n, float64(s.DecodeContext)/n+1)
		if s.PrefillTokens > 0 {
			decode *= m.mixed
		}
		t += decode
	}
	t = max(t, m.engine.launches(s, m.model.Layers)) + m.engine.seconds(s, m.model, m.bandwidth)
	return nanoseconds(t)
}
