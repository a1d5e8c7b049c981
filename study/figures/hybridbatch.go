package figures

import (
	"context"
	"fmt"
	"slices"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R5",
		Title:  "a whole prefill beside decodes multiplies their time, a chunk does not",
		Source: "Sarathi-Serve (arXiv 2403.02310), figure 9",
		Deviations: []string{
			"The length of the prompt beside the decodes is not printed: here it is as long as their context.",
			"The engine that the paper measured with is not named: V0 of vLLM in mid-2024 stands for it. It cannot be the one whose batches of Yi-34B were published, whose host is too slow for a factor of 28.",
		},
		Draw: hybridBatch,
	})
}

func hybridBatch(_ context.Context, l Lab) (*Result, error) {
	r := new(Result)
	most := 0.0
	for _, m := range []struct {
		title, file string
		budget      int
	}{{"Mistral-7B on one A100", "mistral-7b-a100", 256}, {"LLaMA2-70B on four A100", "llama-2-70b-a100", 512}} {
		s, err := l.steps(m.file)
		if err != nil {
			return nil, err
		}
		most = max(most, r.inflation(s, m.title, m.file, m.budget))
	}
	r.between(10, 40, Value{"most that a whole prefill inflates the time between tokens", "×", most, 28.3, Text})
	return r, nil
}

// inflation compares batches of decodes alone and beside a prompt, and returns
// the worst factor of a whole one.
func (r *Result) inflation(s steps, title, name string, budget int) (worst float64) {
	whole := report.Series{Name: "whole prompt", System: "vllm", Mark: report.Bars}
	chunked := report.Series{Name: fmt.Sprintf("chunks, token budget %d", budget), System: "sarathi", Mark: report.Bars}
	chart := report.Chart{
		Name: "hybrid-batch-" + name,
		X:    report.Axis{Label: "decodes × context of each"}, Y: report.Axis{Label: "time between tokens, over decodes alone"},
	}
	factor := map[[2]int]float64{}
	for _, batch := range []int{1, 32, 64} {
		for _, context := range []int{1024, 2048, 4096} {
			alone := float64(s.decode(batch, context))
			chart.Categories = append(chart.Categories, fmt.Sprintf("%d×%dk", batch, context/1024))
			whole.Add(float64(len(whole.X)), float64(s.chunk(context, 0, batch, context))/alone)
			f := float64(s.chunk(budget-batch, context-budget, batch, context)) / alone
			chunked.Add(float64(len(chunked.X)), f)
			factor[[2]int{batch, context}] = f
			worst = max(worst, whole.Y[len(whole.Y)-1])
		}
	}
	r.atMost(6, Value{Name: title + ": most that a chunk inflates the time between tokens", Unit: "×", Ours: slices.Max(chunked.Y)})
	r.atMost(1, Value{Name: title + ": the chunk's factor at 64 decodes over that at 1, both at 4k", Ours: factor[[2]int{64, 4096}] / factor[[2]int{1, 4096}]})
	r.atMost(1, Value{Name: title + ": the chunk's factor at 64 decodes of 4k over that at 64 of 1k", Ours: factor[[2]int{64, 4096}] / factor[[2]int{64, 1024}]})
	chart.Title = fmt.Sprintf("%s: beside a whole prompt tokens take up to %s times as long, beside a chunk up to %s times",
		title, Number(worst), Number(slices.Max(chunked.Y)))
	chart.Series = []report.Series{whole, chunked}
	r.Charts = append(r.Charts, chart)
	return worst
}
