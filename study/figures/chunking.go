package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R6",
		Title:  "prompts can be cut into chunks at little cost",
		Source: "Sarathi-Serve (arXiv 2403.02310), figure 14, and its artifact",
		Deviations: []string{
			"Prompts are powers of two; the artifact's are a token shorter.",
			"The artifact's whole prefills of 8k and 16k tokens are slower than the same in chunks, which the paper does not explain.",
		},
		Draw: chunking,
	})
}

func chunking(_ context.Context, l Lab) (*Result, error) {
	s, err := l.steps("yi-34b-a100")
	if err != nil {
		return nil, err
	}
	chunks := []int{512, 1024, 2048}
	published := map[int][]float64{2048: {1.15, 1.17, 1.00}, 4096: {1.19, 1.20, 1.02}, 8192: {1.12, 1.11, 0.94}, 16384: {1.00, 0.96, 0.81}}
	chart := report.Chart{
		Name: "chunk-overhead",
		X:    report.Axis{Label: "prompt tokens"}, Y: report.Axis{Label: "time over that of the whole prefill"},
		Categories: []string{"2k", "4k", "8k", "16k"},
	}
	bars := make([]report.Series, len(chunks))
	r := new(Result)
	worst := make([]float64, len(chunks))
	for row, prompt := range []int{2048, 4096, 8192, 16384} {
		whole := s.prefill(prompt, prompt)
		for i, chunk := range chunks {
			ratio := float64(s.prefill(prompt, chunk)) / float64(whole)
			if prompt <= 8192 {
				worst[i] = max(worst[i], ratio)
			}
			bars[i].Name, bars[i].Mark = fmt.Sprintf("chunks of %d", chunk), report.Bars
			bars[i].Add(float64(row), ratio)
			r.compare(Value{fmt.Sprintf("%d tokens in chunks of %d, over whole", prompt, chunk), "", ratio, published[prompt][i], Artifact})
		}
	}
	r.atMost(1.25, Value{"overhead of chunks of 512, at most, for prompts up to 8k", "", worst[0], 1.25, Text})
	r.atMost(1.06, Value{"overhead of chunks of 2048, at most", "", worst[2], 1.02, Artifact})
	r.atLeast(1, Value{"overhead falls with the chunk: least ratio of one size to the next", "", ascent(worst[2], worst[1], worst[0]), 0.99, Artifact})
	chart.Series = bars
	chart.Title = fmt.Sprintf("Chunks of 512 tokens cost at most %.0f %% more than a whole prefill, chunks of 2048 %.0f %% (Yi-34B, two A100)",
		100*(worst[0]-1), 100*(worst[2]-1))
	r.Charts = []report.Chart{chart}
	return r, nil
}
