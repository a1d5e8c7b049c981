package hardware

import (
	"math"
	"testing"
	"time"

	"metronome/profiles"
)

// on returns a model on a GPU with an engine, changed.
func on(t *testing.T, gpu, engine string, change func(*Engine)) Deployment {
	t.Helper()
	d, err := Open(profiles.FS, Spec{GPU: gpu, Model: "llama-3.1-8b", Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	change(&d.Engine)
	return d
}

func (d Deployment) time(t *testing.T, s Shape) time.Duration {
	t.Helper()
	c, err := d.CostModel()
	if err != nil {
		t.Fatal(err)
	}
	return c.IterationTime(s)
}

// hybrid is a chunk beside decodes.
func hybrid(chunk, cached, decodes, context int) Shape {
	s := Shape{Decodes: decodes, DecodeContext: decodes * context}
	s.Chunk(chunk, cached)
	return s
}

func TestASharedKernelOfAttentionDelaysDecodesBesidePrefillsOnly(t *testing.T) {
	for _, gpu := range []string{"a100-sxm", "h100-sxm"} {
		apart := on(t, gpu, "vllm-0.15", func(e *Engine) { e.SharedAttention = false })
		shared := on(t, gpu, "vllm-0.15", func(e *Engine) { e.SharedAttention = true })
		alone := Shape{Decodes: 64, DecodeContext: 64 * 2000}
		if a, b := apart.time(t, alone), shared.time(t, alone); a != b {
			t.Errorf("%s: decodes alone take %v and %v", gpu, a, b)
		}
		s := hybrid(256, 1000, 64, 2000)
		want := 0.0
		for _, line := range apart.Explain(s) {
			if line.Operator == "decode attention" {
				want = line.Seconds * (shared.mixed() - 1)
			}
		}
		got := (shared.time(t, s) - apart.time(t, s)).Seconds()
		if math.Abs(got-want) > 0.02*want+1e-9 {
			t.Errorf("%s: a shared kernel costs %v s, not %v", gpu, got, want)
		}
		if (got > 0) != (shared.GPU.Mixed > 0) {
			t.Errorf("%s: a shared kernel costs %v s with mixed_attention %v", gpu, got, shared.GPU.Mixed)
		}
	}
}

func TestTheHostBoundsIterationsWithoutAGraph(t *testing.T) {
	const layer = 1000.0 // µs, more than the GPU takes
	eager := on(t, "h100-sxm", "vllm-v0-0.5", func(e *Engine) { e.LayerMicros = layer })
	free := on(t, "h100-sxm", "vllm-v0-0.5", func(e *Engine) { e.LayerMicros = 0 })
	for _, c := range []struct {
		name  string
		shape Shape
		bound bool
	}{
		{"decodes", Shape{Decodes: 64, DecodeContext: 64 * 100}, false},
		{"a chunk", hybrid(64, 0, 0, 0), true},
		{"a chunk beside decodes", hybrid(64, 0, 64, 100), true},
		{"more decodes than any graph holds", Shape{Decodes: 600, DecodeContext: 600}, true},
	} {
		host := time.Duration((layer*float64(eager.Model.Layers)*1e-6 + eager.Engine.seconds(&c.shape, &eager.Model, eager.GPU.Bandwidth())) * 1e9)
		got := eager.time(t, c.shape)
		if c.bound && (got-host).Abs() > 2 || !c.bound && got != free.time(t, c.shape) {
			t.Errorf("%s take %v (the host %v, without it %v)", c.name, got, host, free.time(t, c.shape))
		}
	}
}

func TestPrefillAttentionReachesNoMoreThanTheEnginesKernels(t *testing.T) {
	for _, gpu := range []string{"a100-sxm", "h100-sxm"} {
		slow := on(t, gpu, "vllm-v0-0.5", func(*Engine) {})
		fast := on(t, gpu, "vllm-v0-0.5", func(e *Engine) { e.AttentionTFLOPS = 0 })
		most := slow.Engine.AttentionTFLOPS * 1e12
		for _, s := range []Shape{hybrid(100, 0, 0, 0), hybrid(512, 8000, 0, 0), hybrid(32768, 0, 0, 0)} {
			before := fast.Explain(s)
			for i, line := range slow.Explain(s) {
				want := before[i].Seconds
				if line.Operator == "prefill attention" {
					want = max(want, line.FLOPs/most)
				}
				if line.Operator != "engine" && math.Abs(line.Seconds/want-1) > 1e-9 {
					t.Errorf("%s: %s of %+v takes %v s, not %v", gpu, line.Operator, s, line.Seconds, want)
				}
			}
		}
		// Kernels that were written for the A100 use what it can do.
		s := hybrid(65536, 0, 0, 0)
		if a, b := slow.time(t, s), fast.time(t, s); (a > b) != (gpu == "h100-sxm") {
			t.Errorf("%s: a long prompt takes %v, and %v with kernels of its own", gpu, a, b)
		}
	}
}
