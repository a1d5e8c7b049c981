package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R12",
		Title:  "fluidity, tail TBT and TPOT rank two systems differently at 25 ms",
		Source: "Etalon (arXiv 2407.07000), figure 6a",
		Deviations: []string{
			"The trace of papers is not published: lengths are synthetic, from the moments that the Sarathi-Serve paper prints.",
			olderEngine,
			"Which quantile of TPOT must hold is not printed: here it is P99.",
		},
		Draw: threeTargets,
	})
}

// llamaBudget is the token budget of each system in Etalon's figure 6.
var llamaBudget = map[string]string{"vllm-v0": "16384", "sarathi": "512"}

func threeTargets(ctx context.Context, l Lab) (*Result, error) {
	criteria := []string{"fluidity", "tail-tbt", "tpot"}
	published := map[string]map[string][]float64{
		"arxiv-16k":   {"vllm-v0": {0.60, 0.65, 0.66}, "sarathi": {0.62, 0.34, 1.16}},
		"sharegpt-8k": {"vllm-v0": {4.0, 1.09, 3.03}, "sarathi": {2.84, 1.08, 2.84}},
	}
	r := new(Result)
	for _, source := range []string{"arxiv-16k", "sharegpt-8k"} {
		chart := report.Chart{
			Name: "three-targets-" + source, X: report.Axis{Label: "service level"}, Y: report.Axis{Label: "capacity (requests per second)"}, Categories: criteria,
		}
		for _, policy := range []string{"vllm-v0", "sarathi"} {
			bars := report.Series{Name: policy, Mark: report.Bars}
			for i, criterion := range criteria {
				c, err := l.capacity(ctx, criterion, "llama-3-8b-h100", "workload.source="+source,
					"scheduler.policy="+policy, "scheduler.token_budget="+llamaBudget[policy])
				if err != nil {
					return nil, err
				}
				bars.Add(float64(i), c)
				r.compare(Value{source + ", " + policy + ": capacity by " + criterion, "requests/s", c, published[source][policy][i], Digitised})
			}
			chart.Series = append(chart.Series, bars)
		}
		vllm, sarathi := chart.Series[0].Y, chart.Series[1].Y
		chart.Title = fmt.Sprintf("Within 25 ms Sarathi holds %s times vLLM's load by fluidity, %s by tail TBT, %s by TPOT (%s)",
			Number(sarathi[0]/vllm[0]), Number(sarathi[1]/vllm[1]), Number(sarathi[2]/vllm[2]), source)
		r.Charts = append(r.Charts, chart)
	}
	r.rankings(r.Charts[0].Series[0].Y, r.Charts[0].Series[1].Y)
	return r, nil
}

// rankings claims how the systems compare on papers, by each criterion.
func (r *Result) rankings(vllm, sarathi []float64) {
	r.between(0.67, 1.5, Value{"papers: capacity of Sarathi over vLLM's by fluidity", "×", sarathi[0] / vllm[0], 1.03, Digitised})
	r.because("iterations with a chunk were slower still in the paper, where Sarathi holds half of our load by tail TBT; how long they took is not printed")
	r.atMost(1, Value{"papers: the same by tail TBT", "×", sarathi[1] / vllm[1], 0.52, Digitised})
	r.atLeast(1, Value{"papers: the same by TPOT", "×", sarathi[2] / vllm[2], 1.76, Digitised})
}
