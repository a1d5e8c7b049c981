package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R2",
		Title:  "under vLLM a loaded cluster stops emitting tokens for seconds, under Sarathi it never does",
		Source: "Sarathi-Serve (arXiv 2403.02310), figure 1a, and its artifact",
		Deviations: []string{
			"The trace of papers is not published: lengths are synthetic, from the moments that the paper prints.",
			"Where a prompt is admitted depends on the KV cache, whose size in the artifact is not known.",
		},
		Draw: tokenStream,
	})
}

func tokenStream(ctx context.Context, l Lab) (*Result, error) {
	streams := map[string][]float64{}
	chart := report.Chart{
		Name: "token-stream",
		X:    report.Axis{Label: "time (s)"}, Y: report.Axis{Label: "output tokens so far"},
	}
	var sarathi *run
	for policy, budget := range map[string]string{"vllm-v0": "16384", "sarathi": "1536"} {
		x, err := l.run(ctx, "yi-34b-a100", "workload.source=arxiv-16k", "workload.arrivals.process=constant", "workload.arrivals.rate=1e6",
			"scheduler.policy="+policy, "scheduler.token_budget="+budget)
		if err != nil {
			return nil, err
		}
		if policy == "sarathi" {
			sarathi = x
		}
		streams[policy] = x.times()
	}
	for _, policy := range []string{"vllm-v0", "sarathi"} {
		chart.Series = append(chart.Series, cumulative(policy, policy, streams[policy]))
	}
	r := new(Result)
	if err := r.streamClaims(streams, sarathi); err != nil {
		return nil, err
	}
	chart.Title = fmt.Sprintf("Under vLLM no token comes for up to %s s, under Sarathi for up to %s s (Yi-34B, two A100, 128 papers at once)",
		Number(flattest(streams["vllm-v0"])), Number(flattest(streams["sarathi"])))
	r.Charts = []report.Chart{chart}
	return r, nil
}

func (r *Result) streamClaims(streams map[string][]float64, sarathi *run) error {
	s, err := stepsOf(sarathi.plan)
	if err != nil {
		return err
	}
	budget := *sarathi.plan.Experiment.Scheduler.TokenBudget
	batch := s.chunk(budget, 16384-budget, 0, 0).Seconds()
	vllm, sarathis := streams["vllm-v0"], streams["sarathi"]
	makespan := func(stream []float64) float64 { return stream[len(stream)-1] }
	r.atLeast(2, Value{Name: "longest time without a token under vLLM, after the first", Unit: "s", Ours: flattest(vllm)})
	r.atMost(5, Value{Name: "longest time without a token under Sarathi, in iterations that spend the token budget", Ours: flattest(sarathis) / batch})
	r.between(0.85, 1.15, Value{"time to finish under Sarathi over vLLM", "×", makespan(sarathis) / makespan(vllm), 0.89, Artifact})
	r.compare(
		Value{"time to finish under vLLM", "s", makespan(vllm), 567, Artifact},
		Value{"time to finish under Sarathi", "s", makespan(sarathis), 505, Artifact},
		Value{"one token in a hundred is out under vLLM", "s", vllm[len(vllm)/100], 65, Estimated},
		Value{Name: "one token in a hundred is out under Sarathi", Unit: "s", Ours: sarathis[len(sarathis)/100]},
		Value{"output tokens", "", float64(len(vllm)), 28500, Artifact})
	return nil
}

// flattest returns the longest time between two tokens of ascending times.
func flattest(times []float64) float64 {
	longest := 0.0
	for i := 1; i < len(times); i++ {
		longest = max(longest, times[i]-times[i-1])
	}
	return longest
}
