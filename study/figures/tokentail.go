package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R3",
		Title:  "the tail of the time between tokens grows with load under vLLM, not under Sarathi",
		Source: "Sarathi-Serve (arXiv 2403.02310), figure 1b, and its artifact",
		Deviations: []string{
			"Lengths are drawn from quantiles of the trace, arrivals from our own random numbers.",
			"Gaps of 8 runs of 128 requests are pooled, where the artifact has one run.",
		},
		Draw: tokenTail,
	})
}

func tokenTail(ctx context.Context, l Lab) (*Result, error) {
	rates := []float64{0.55, 0.7, 1.0}
	published := map[string][]float64{"vllm-v0": {1.39, 0, 2.05}, "sarathi": {0.52, 0, 0.54}}
	r := new(Result)
	chart := report.Chart{
		Name: "token-tail",
		X:    report.Axis{Label: "requests per second"}, Y: report.Axis{Label: "P99 of the time between tokens (s)"},
	}
	tails := map[string][]float64{}
	for _, policy := range []string{"vllm-v0", "sarathi"} {
		line := report.Series{Name: policy, System: policy, Mark: report.Line}
		for i, rate := range rates {
			x, err := l.pool(ctx, 8, "yi-34b-a100", "scheduler.policy="+policy, "scheduler.token_budget="+tailBudget[policy],
				fmt.Sprintf("workload.arrivals.rate=%v", rate))
			if err != nil {
				return nil, err
			}
			v := Value{Name: fmt.Sprintf("%s at %v requests/s: P99 TBT", policy, rate), Unit: "s", Ours: x.tail(99), Paper: published[policy][i], Trust: Artifact}
			if v.Paper == 0 {
				v.Trust = None
			}
			r.compare(v)
			line.Add(rate, v.Ours)
		}
		tails[policy] = line.Y
		chart.Series = append(chart.Series, line)
	}
	vllm, sarathi := tails["vllm-v0"], tails["sarathi"]
	low, high := vllm[0]/sarathi[0], vllm[2]/sarathi[2]
	r.atLeast(2, Value{"P99 TBT of vLLM over Sarathi's at 0.55 requests/s", "×", low, 2.6, Artifact})
	r.atLeast(2, Value{"P99 TBT of vLLM over Sarathi's at 1.0 requests/s", "×", high, 3.8, Artifact})
	r.atLeast(1, Value{"that ratio at 1.0 requests/s over the one at 0.55", "×", high / low, 1.46, Artifact})
	r.between(0.8, 1.25, Value{"Sarathi's P99 TBT at 1.0 requests/s over that at 0.55", "×", sarathi[2] / sarathi[0], 1.04, Artifact})
	chart.Title = fmt.Sprintf("At one request per second the P99 of the time between tokens is %s s under vLLM and %s s under Sarathi (Yi-34B, two A100)",
		Number(vllm[2]), Number(sarathi[2]))
	r.Charts = []report.Chart{chart}
	return r, nil
}

// tailBudget is the token budget of each policy in the artifact.
var tailBudget = map[string]string{"vllm-v0": "8192", "sarathi": "1536"}
