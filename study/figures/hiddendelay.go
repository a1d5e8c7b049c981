package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R9",
		Title:  "normalised latency hides how long requests wait to be scheduled",
		Source: "Etalon (arXiv 2407.07000), figure 2",
		Deviations: []string{
			"The trace of papers is not published: lengths are synthetic, from the moments that the Sarathi-Serve paper prints.",
			"The version of vLLM is not printed: the engine of 2023 stands for it; 4 runs of 128 requests are pooled.",
			"The text and the picture differ on the share of vLLM's delays above 25 s: no claim is made of it.",
		},
		Draw: hiddenDelay,
	})
}

// etalonBudget is the token budget of each system in the Etalon paper.
var etalonBudget = map[string]string{"vllm-v0": "16384", "sarathi": "512"}

// etalonRuns runs the setup of Etalon's figures 2 and 3 under both policies.
func etalonRuns(ctx context.Context, l Lab) (vllm, sarathi *run, err error) {
	under := func(policy string) (*run, error) {
		return l.pool(ctx, 4, "yi-34b-h100", "scheduler.policy="+policy, "scheduler.token_budget="+etalonBudget[policy])
	}
	if vllm, err = under("vllm-v0"); err != nil {
		return nil, nil, err
	}
	sarathi, err = under("sarathi")
	return vllm, sarathi, err
}

func hiddenDelay(ctx context.Context, l Lab) (*Result, error) {
	vllm, sarathi, err := etalonRuns(ctx, l)
	if err != nil {
		return nil, err
	}
	delay := [][]float64{vllm.seconds(reply.delay), sarathi.seconds(reply.delay)}
	norm := [][]float64{vllm.seconds(reply.normalised), sarathi.seconds(reply.normalised)}
	waits := [2]float64{median(delay[0]), median(delay[1])}
	pace := [2]float64{median(norm[0]), median(norm[1])}
	r := new(Result)
	r.atLeast(2, Value{"median scheduling delay, the longer over the shorter", "×", max(waits[0], waits[1]) / min(waits[0], waits[1]), 2.4, Estimated})
	r.atLeast(1, Value{"median scheduling delay of vLLM over Sarathi's", "×", waits[0] / waits[1], 2.4, Estimated})
	r.because("vLLM admits prompts before anything else, and does so here; what held them back in the paper, such as a smaller cache, is not printed")
	r.atMost(0.2, Value{"difference of the median normalised latencies", "s", max(pace[0], pace[1]) - min(pace[0], pace[1]), 0.085, Estimated})
	r.compare(
		Value{"vLLM: median scheduling delay", "s", waits[0], 28, Estimated},
		Value{"Sarathi: median scheduling delay", "s", waits[1], 11.5, Estimated},
		Value{"vLLM: median normalised latency", "s", pace[0], 0.25, Estimated},
		Value{"Sarathi: median normalised latency", "s", pace[1], 0.165, Estimated})
	r.Charts = []report.Chart{
		{
			Name:  "scheduling-delay",
			Title: fmt.Sprintf("Half of the requests wait for %s s under vLLM and for %s s under Sarathi", Number(waits[0]), Number(waits[1])),
			X:     report.Axis{Label: "scheduling delay (s)"}, Y: report.Axis{Label: "share of requests"},
			Series: []report.Series{distribution("vLLM", "vllm", delay[0]), distribution("Sarathi", "sarathi", delay[1])},
		},
		{
			Name:  "normalised-latency",
			Title: fmt.Sprintf("Normalised latency shows a difference of %s s per token at the median", Number(max(pace[0], pace[1])-min(pace[0], pace[1]))),
			X:     report.Axis{Label: "normalised latency (s per token)"}, Y: report.Axis{Label: "share of requests"},
			Series: []report.Series{distribution("vLLM", "vllm", norm[0]), distribution("Sarathi", "sarathi", norm[1])},
		},
	}
	return r, nil
}
