package figures

import (
	"context"
	"fmt"
	"strings"
	"time"

	"metronome/hardware"
	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R4",
		Title:  "prefills use the GPU fully, decodes need company",
		Source: "Sarathi-Serve (arXiv 2403.02310), figures 3 to 6",
		Deviations: []string{
			"The paper measures layers by themselves; these are whole iterations with the overhead of V0 of vLLM in mid-2024, and operators as the cost model has them.",
		},
		Draw: roofline,
	})
}

func roofline(_ context.Context, l Lab) (*Result, error) {
	s, err := l.steps("mistral-7b-a100")
	if err != nil {
		return nil, err
	}
	r := new(Result)
	r.throughput(s)
	r.linearLayers(s)
	share := shareOfLinear(s.deployment.Explain(shape(4096, 0, 0, 0)))
	r.atLeast(0.8, Value{"share of the linear layers in a prefill of 4096 tokens, without the engine's overhead", "", share, 0.8, Text})
	decode := shareOfLinear(s.deployment.Explain(shape(0, 0, 32, 1024)))
	r.compare(Value{Name: "share of the linear layers in a decode of 32 sequences of 1k", Ours: decode})
	return r, nil
}

// throughput compares tokens per second against the batch of both phases.
func (r *Result) throughput(s steps) {
	prefill := report.Series{Name: "prefill of prompts of 1k tokens", Mark: report.Line}
	decode := report.Series{Name: "decode at a context of 1k tokens", Mark: report.Line}
	for batch := 1; batch <= 32; batch *= 2 {
		var h hardware.Shape
		for range batch {
			h.Chunk(1024, 0)
		}
		prefill.Add(float64(batch), float64(1024*batch)/s.IterationTime(h).Seconds())
		decode.Add(float64(batch), float64(batch)/s.decode(batch, 1024).Seconds())
	}
	last := len(prefill.Y) - 1
	grown := decode.Y[last] / decode.Y[0]
	r.between(0.8, 1.3, Value{Name: "prefill throughput of a batch of 32 over that of 1", Unit: "×", Ours: prefill.Y[last] / prefill.Y[0]})
	r.atLeast(0.6, Value{Name: "decode throughput of a batch of 32 over 32 times that of 1", Ours: grown / 32})
	r.Charts = append(r.Charts, report.Chart{
		Name:  "phase-throughput",
		Title: fmt.Sprintf("A batch of 32 decodes %s times as many tokens as one sequence; prefill throughput hardly changes (Mistral-7B, A100)", Number(grown)),
		X:     report.Axis{Label: "sequences in the batch", Log: true}, Y: report.Axis{Label: "tokens per second", Log: true},
		Series: []report.Series{prefill, decode},
	})
}

// linearLayers shows the time of matrix products against tokens.
func (r *Result) linearLayers(s steps) {
	line := report.Series{Name: "linear layers", Mark: report.Line}
	times := map[int]float64{}
	for tokens := 1; tokens <= 4096; tokens *= 2 {
		t := linear(s.deployment.Explain(shape(tokens, 0, 0, 0))).Seconds() * 1e3
		times[tokens] = t
		line.Add(float64(tokens), t)
	}
	r.atMost(1.35, Value{"time of the linear layers for 128 tokens over that for 1", "×", times[128] / times[1], 1, Text})
	r.between(1.7, 2.1, Value{Name: "time for 4096 tokens over that for 2048", Unit: "×", Ours: times[4096] / times[2048]})
	saturated := times[512] / 512 / (times[4096] / 4096)
	r.atMost(1.25, Value{"time per token at 512 tokens over that at 4096", "×", saturated, 1, Text})
	r.Charts = append(r.Charts, report.Chart{
		Name:  "linear-layers",
		Title: fmt.Sprintf("128 tokens take %s times the matrix time of one; beyond 512 it grows in proportion (Mistral-7B, A100)", Number(times[128]/times[1])),
		X:     report.Axis{Label: "tokens in the batch", Log: true}, Y: report.Axis{Label: "time of the linear layers (ms)", Log: true},
		Series: []report.Series{line},
	})
}

// linear returns the time of the products with weights.
func linear(lines []hardware.Line) time.Duration {
	total := 0.0
	for _, o := range lines {
		if isLinear(o.Operator) {
			total += o.Seconds
		}
	}
	return time.Duration(total * 1e9)
}

func isLinear(operator string) bool {
	for _, name := range []string{"qkv", "output", "gate-up", "down", "LM head"} {
		if strings.Contains(operator, name) {
			return true
		}
	}
	return false
}

// shareOfLinear returns the part of the products with weights in the time of all kernels.
func shareOfLinear(lines []hardware.Line) float64 {
	kernels := 0.0
	for _, o := range lines {
		if o.Operator != "engine" {
			kernels += o.Seconds
		}
	}
	return linear(lines).Seconds() / kernels
}
