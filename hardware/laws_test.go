package hardware

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metronome/profiles"
)

// Every model on every GPU, at the least tensor-parallel degree that holds it.
func TestEveryDeploymentObeysPhysics(t *testing.T) {
	gpus, err := Names(profiles.FS, "gpus")
	if err != nil {
		t.Fatal(err)
	}
	models, err := Names(profiles.FS, "models")
	if err != nil {
		t.Fatal(err)
	}
	for _, gpu := range gpus {
		for i, model := range models {
			d := fitting(t, gpu, model)
			for _, name := range CostModels() {
				if name == "roofline" && i%8 > 0 {
					continue
				}
				d.CostModelName = name
				c, err := d.CostModel()
				if err != nil {
					t.Fatal(err)
				}
				name := gpu + " " + model + " " + name
				noFasterThanTheDatasheet(t, name, d, c)
				growsWithTokensContextAndBatch(t, name, c)
				if d.CostModelName == "kernels" {
					addsUp(t, name, d, c)
				}
			}
		}
	}
}

// fitting opens a model at the least tensor-parallel degree that holds it, 8 at most.
func fitting(t *testing.T, gpu, model string) Deployment {
	var d Deployment
	for tp := 1; tp <= 8; tp *= 2 {
		tried, err := Open(profiles.FS, Spec{GPU: gpu, Model: model, TensorParallel: &tp})
		if err != nil {
			if tp == 1 {
				t.Fatal(err)
			}
			break
		}
		d = tried
		if _, err := d.KVBlocks(16); err == nil {
			break
		}
	}
	return d
}

// datasheet is the time below which the datasheet does not let an iteration go,
// counted afresh: all arithmetic at peak, or every byte that must be read, once.
func datasheet(d Deployment, s Shape) time.Duration {
	m := d.Model
	tokens, emitted := float64(s.Tokens()), float64(s.Prefills+s.Decodes)
	weights := m.denseWeights(d.Tensor)
	active := weights
	if e := m.MoE; e != nil {
		active += m.expertWeights() * float64(e.PerToken) / float64(e.Experts) / float64(d.Tensor)
	}
	flops := 2*tokens*active + 2*emitted*m.table(d.Tensor)
	bytes := 2*weights + 2*m.table(d.Tensor)
	if full := float64(m.Layers - m.windowed()); m.MLA == nil {
		heads := float64(m.Heads / d.Tensor * m.HeadDim)
		positions := float64(s.PrefillPairs + s.DecodeContext + s.Decodes)
		flops += 4 * full * heads * positions
		bytes += full * d.kvBytesPerLayer() * float64(s.DecodeContext)
	}
	return time.Duration(max(flops/d.GPU.Peak(d.Precision), bytes/d.GPU.Bandwidth()) * 1e9)
}

func noFasterThanTheDatasheet(t *testing.T, name string, d Deployment, c CostModel) {
	for _, decodes := range []int{0, 1, 7, 64, 1000} {
		for _, context := range []int{1, 100, 5000, 131072} {
			for _, chunk := range []int{0, 1, 300, 8192, 131072} {
				s := Shape{Decodes: decodes, DecodeContext: decodes * context}
				if chunk > 0 {
					s.Chunk(chunk, context)
				}
				if s.Tokens() == 0 {
					continue
				}
				got, least := c.IterationTime(s), datasheet(d, s)
				if got < least || got <= 0 || got > 24*time.Hour {
					t.Errorf("%s: %+v takes %v, the datasheet allows %v", name, s, got, least)
				}
			}
		}
	}
}

func growsWithTokensContextAndBatch(t *testing.T, name string, c CostModel) {
	decode := func(n, context int) time.Duration {
		return c.IterationTime(Shape{Decodes: n, DecodeContext: n * context})
	}
	prefill := func(n, cached int) time.Duration {
		var s Shape
		s.Chunk(n, cached)
		return c.IterationTime(s)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	size := func(most float64) int { return int(math.Exp(rng.Float64() * math.Log(most))) }
	for range 50 {
		n, context, more := size(4096), size(100000), size(1000)
		for kind, times := range map[string][3]time.Duration{
			"decodes":  {decode(n, context), decode(n+more, context), decode(n, context+more)},
			"prefills": {prefill(n, context), prefill(n+more, context), prefill(n, context+more)},
		} {
			if times[1] < times[0] || times[2] < times[0] {
				t.Fatalf("%s: %s: %d × %d takes %v, %d more of the first %v, of the second %v", name, kind, n, context, times[0], more, times[1], times[2])
			}
		}
	}
}

// addsUp checks that the lines of an explained iteration sum to its time.
func addsUp(t *testing.T, name string, d Deployment, c CostModel) {
	s := Shape{Decodes: 64, DecodeContext: 64 * 1024}
	s.Chunk(512, 0)
	sum := 0.0
	for _, line := range d.Explain(s) {
		sum += line.Seconds
	}
	got := c.IterationTime(s).Seconds()
	if math.Abs(sum/got-1) > 0.02 {
		t.Errorf("%s: the lines add up to %.3f ms, the iteration takes %.3f ms", name, sum*1e3, got*1e3)
	}
}

// What is tabulated of iterations without prefills is what adding up their operators gives.
func TestDecodesAloneCostWhatAnyMixtureDoes(t *testing.T) {
	for _, engine := range []string{"vllm-0.15", "vllm-v0-0.5"} {
		for _, gpu := range []string{"h100-sxm", "a100-sxm"} {
			d := on(t, gpu, engine, func(e *Engine) { e.SortBytes = 1 })
			d.Model.TopP = true
			c, err := d.CostModel()
			if err != nil {
				t.Fatal(err)
			}
			m := c.(*step)
			for n := range 2 * mostAlone {
				for context := n; context < 1<<30; context = 3*context + 7 {
					s := Shape{Decodes: n, DecodeContext: context}
					if got, want := m.IterationTime(s), m.mixture(&s); got != want {
						t.Fatalf("%s, %s: %+v takes %v, and %v as a mixture", gpu, engine, s, got, want)
					}
				}
			}
		}
	}
}

func TestCurvesMeetTheirKnotsAndStayBetween(t *testing.T) {
	square := func(n int) float64 { return float64(n * n) }
	c := tabulate(5000, square)
	for n := range c.last {
		got, want := c.at(n), square(n)
		if got < want*0.98 || got > want*1.01 || (n < exactKnots && got != want) {
			t.Fatalf("at %d: %v, want %v", n, got, want)
		}
	}
}

func TestSurfacesAreExactForProducts(t *testing.T) {
	s := tabulateSurface(1000, 1000, func(x, y float64) float64 { return 3*x*y + x })
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(1, 5000).Draw(t, "x"), rapid.Float64Range(1, 5000).Draw(t, "y")
		if got, want := s.at(x, y), 3*x*y+x; math.Abs(got/want-1) > 1e-9 {
			t.Fatalf("at (%v, %v): %v, want %v", x, y, got, want)
		}
	})
}
