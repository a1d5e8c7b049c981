package figures

import (
	"context"
	"fmt"

	"metronome/metrics"
	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R10",
		Title:  "TPOT plays the difference between two systems down, tail TBT overstates it, fluidity is between",
		Source: "Etalon (arXiv 2407.07000), figures 3b and 3c",
		Deviations: []string{
			"Model, hardware and load of the figure are not printed: the setup of figure 2 stands for them, at 0.83 requests per second, where vLLM has the published P99 TBT.",
			olderEngine,
			"The trace of papers is not published: lengths are synthetic, from the moments that the Sarathi-Serve paper prints.",
		},
		Draw: threeRates,
	})
}

func threeRates(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	rates := report.Chart{
		Name: "three-rates",
		X:    report.Axis{Label: ""}, Y: report.Axis{Label: "tokens per second"},
		Categories: []string{"1/mean TPOT", "1/P99 TBT", "fluid rate"},
	}
	gaps := report.Chart{
		Name: "tbt-distribution",
		X:    report.Axis{Label: "time between tokens (ms)", Log: true}, Y: report.Axis{Label: "share of tokens"},
	}
	published := map[string][]float64{"vllm-v0": {17, 1.4, 3.3}, "sarathi": {20, 5.5, 7}}
	found := map[string][]float64{}
	runs := map[string]*run{}
	for _, policy := range []string{"vllm-v0", "sarathi"} {
		x, err := l.run(ctx, "yi-34b-h100", "scheduler.policy="+policy, "scheduler.token_budget="+yiBudget[policy], "workload.requests=1000", "workload.arrivals.rate=0.83")
		if err != nil {
			return nil, err
		}
		runs[policy] = x
		found[policy] = ratesOf(x.report)
		for i, name := range rates.Categories {
			r.compare(Value{policy + ": " + name, "tokens/s", found[policy][i], published[policy][i], Digitised})
		}
		rates.Series = append(rates.Series, report.Series{Name: policy, Mark: report.Bars, X: []float64{0, 1, 2}, Y: found[policy]})
		gaps.Series = append(gaps.Series, gapDistribution(policy, policy, &x.gaps))
	}
	ratio := func(i int) float64 { return found["sarathi"][i] / found["vllm-v0"][i] }
	r.atMost(1.5, Value{"TPOT rate of Sarathi over vLLM's", "×", ratio(0), 1.18, Digitised})
	r.atLeast(2, Value{"tail-TBT rate of Sarathi over vLLM's", "×", ratio(1), 3.9, Digitised})
	r.atLeast(1, Value{"fluid rate's ratio over the TPOT rate's", "", ratio(2) / ratio(0), 1.8, Digitised})
	r.atMost(1, Value{"fluid rate's ratio over the tail-TBT rate's", "", ratio(2) / ratio(1), 0.54, Digitised})
	r.atLeast(1, Value{"P90 TBT of Sarathi over vLLM's", "×", runs["sarathi"].tail(90) / runs["vllm-v0"].tail(90), 3.9, Estimated})
	r.atLeast(1, Value{"P99 TBT of vLLM over Sarathi's", "×", runs["vllm-v0"].tail(99) / runs["sarathi"].tail(99), 3.9, Digitised})
	rates.Title = fmt.Sprintf("Sarathi is %s times as fast by TPOT, %s times by tail TBT, and %s times by fluidity", Number(ratio(0)), Number(ratio(1)), Number(ratio(2)))
	ms := func(policy string, percent int64) string { return Number(1e3 * runs[policy].tail(percent)) }
	gaps.Title = fmt.Sprintf("At P90 tokens come after %s ms under vLLM and %s ms under Sarathi, at P99 after %s and %s ms",
		ms("vllm-v0", 90), ms("sarathi", 90), ms("vllm-v0", 99), ms("sarathi", 99))
	r.Charts = []report.Chart{rates, gaps}
	return r, nil
}

// ratesOf returns the three token rates of a report.
func ratesOf(m *metrics.Report) (rates []float64) {
	for _, key := range []string{"tpot_rate_per_s", "tail_tbt_rate_per_s", "token_rate_per_s"} {
		rate, _ := m.Lookup("fluidity." + key)
		rates = append(rates, rate)
	}
	return rates
}
