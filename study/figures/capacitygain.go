package figures

import (
	"context"
	"fmt"
	"slices"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R8",
		Title:  "under a strict bound on the tail of TBT, Sarathi holds a multiple of vLLM's load, under a relaxed one less so",
		Source: "Sarathi-Serve (arXiv 2403.02310), figures 10 and 12",
		Deviations: []string{
			"Lengths are drawn from quantiles of the trace; each rate is one run of 2048 requests, as in the artifact.",
			"Which of the gains over vLLM in figure 12 is of which model is not clear in the paper: they are taken as Yi-34B's, as its caption says.",
		},
		Draw: capacityGain,
	})
}

// A levelled is a model with the bounds on P99 TBT of the paper.
type levelled struct {
	title, file     string
	strict, relaxed string
	gains           [2]float64 // of Sarathi over vLLM, as published; 0 if not
}

func capacityGain(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	for _, m := range []levelled{
		{"Mistral-7B on one A100", "mistral-7b-a100", "100ms", "500ms", [2]float64{2.6, 0}},
		{"Yi-34B on two A100", "yi-34b-a100", "200ms", "1s", [2]float64{3.5, 1.65}},
	} {
		if err := r.gain(ctx, l, m); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// gain compares the systems at both bounds, and vLLM at several batches.
func (r *Result) gain(ctx context.Context, l Lab, m levelled) error {
	level := func(bound string, settings ...string) (float64, error) {
		return l.capacity(ctx, "tail-tbt", m.file, append([]string{
			"workload.requests=2048", "deployment.engine=sarathi", "scheduler.max_sequences=128", "slo.tbt=" + bound}, settings...)...)
	}
	bars := []report.Series{{Name: "vllm-v0", Mark: report.Bars}, {Name: "sarathi", Mark: report.Bars}}
	for i, bound := range []string{m.strict, m.relaxed} {
		vllm, err := level(bound, "scheduler.policy=vllm-v0", "scheduler.token_budget=16384")
		if err != nil {
			return err
		}
		sarathi, err := level(bound, "scheduler.policy=sarathi", "scheduler.token_budget="+[]string{"512", "2048"}[i])
		if err != nil {
			return err
		}
		bars[0].Add(float64(i), vllm)
		bars[1].Add(float64(i), sarathi)
	}
	strict, relaxed := bars[1].Y[0]/bars[0].Y[0], bars[1].Y[1]/bars[0].Y[1]
	r.atLeast(2, withPaper(Value{Name: m.title + ": capacity of Sarathi over vLLM's, P99 TBT within " + m.strict, Unit: "×", Ours: strict}, m.gains[0]))
	r.between(1, strict, withPaper(Value{Name: m.title + ": the same within " + m.relaxed, Unit: "×", Ours: relaxed}, m.gains[1]))
	if err := r.batches(m, level, bars[0].Y[0]); err != nil {
		return err
	}
	r.Charts = append(r.Charts, report.Chart{
		Name:  "capacity-gain-" + m.file,
		Title: fmt.Sprintf("%s: Sarathi holds %s times vLLM's load with P99 TBT within %s, and %s times within %s", m.title, Number(strict), m.strict, Number(relaxed), m.relaxed),
		X:     report.Axis{Label: "bound on P99 TBT"}, Y: report.Axis{Label: "capacity (requests per second)"},
		Categories: []string{m.strict, m.relaxed}, Series: bars,
	})
	return nil
}

// batches claims that vLLM's strict capacity, known for batches of at most 128,
// hardly depends on the largest batch.
func (r *Result) batches(m levelled, level func(string, ...string) (float64, error), known float64) error {
	found := []float64{known}
	for _, batch := range []string{"32", "64"} {
		c, err := level(m.strict, "scheduler.policy=vllm-v0", "scheduler.token_budget=16384", "scheduler.max_sequences="+batch)
		if err != nil {
			return err
		}
		found = append(found, c)
	}
	r.atMost(1.15, Value{m.title + ": strict capacity of vLLM at the best over the worst of batches of at most 32, 64 and 128", "×",
		slices.Max(found) / slices.Min(found), 1, Text})
	return nil
}

// withPaper adds what the text of the paper says, if it says something.
func withPaper(v Value, paper float64) Value {
	if paper > 0 {
		v.Paper, v.Trust = paper, Text
	}
	return v
}
