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
			olderEngine,
			"The token budget of Sarathi is not printed: iterations with a chunk take 120 to 197 ms in figure 3c and a prefill of 2048 tokens 140 ms in figure 1, so it is 2048, as for this model in the Sarathi-Serve paper.",
			"The number of requests is not printed: 352, of which the last wait under vLLM for as long as in the paper, 46 s; 4 runs are pooled.",
			"The text and the picture differ on the share of vLLM's delays above 25 s: no claim is made of it.",
		},
		Draw: hiddenDelay,
	})
}

// olderEngine is what stands for the engine of the Etalon paper.
const olderEngine = "The version of vLLM is not printed; the paper is of July 2024, so it is 0.5, of which only shares of its time are published: see vllm-v0-0.5."

// yiBudget is the token budget of each system in Etalon's figures 2 and 3.
var yiBudget = map[string]string{"vllm-v0": "16384", "sarathi": "2048"}

// etalonRuns runs the setup of Etalon's figure 2 under both policies.
func etalonRuns(ctx context.Context, l Lab) (vllm, sarathi *run, err error) {
	under := func(policy string) (*run, error) {
		return l.pool(ctx, 4, "yi-34b-h100", "scheduler.policy="+policy, "scheduler.token_budget="+yiBudget[policy], "workload.requests=352")
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
	r.because("beyond capacity delays are the sum of all that a system falls behind: by the paper's Sarathi works off 12 % more per second than vLLM, by ours 4 %; decode steps as slow as in figure 3c (31 ms, 20 here) do not change that, and cache, trace and budgets are not printed")
	r.atLeast(1, Value{"median scheduling delay of vLLM over Sarathi's", "×", waits[0] / waits[1], 2.4, Estimated})
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
