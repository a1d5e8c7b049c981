package figures

import (
	"context"
	"fmt"
	"time"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R1",
		Title:  "who stalls when long prompts arrive beside two decodes",
		Source: "Sarathi-Serve (arXiv 2403.02310), figure 7",
		Deviations: []string{
			"The paper draws the schedule without times: lengths and arrivals are ours.",
		},
		Draw: generationStall,
	})
}

// stallBudget is the token budget of each policy, which two do not look at.
var stallBudget = map[string]string{"vllm-v0": "16384", "orca": "16384", "static": "16384", "sarathi": "512"}

// The requests of four-requests.csv.
const (
	decoding = 0 // a request that is decoding when the long prompts arrive
	arriving = 2 // a request with a long prompt
)

func generationStall(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	chart := report.Chart{
		Name: "generation-stall",
		X:    report.Axis{Label: "time (s)"}, Y: report.Axis{Label: "tokens of the reply that was under way"},
	}
	runs := map[string]*run{}
	for _, policy := range []string{"vllm-v0", "orca", "static", "sarathi"} {
		x, err := l.run(ctx, "four-requests", "scheduler.policy="+policy, "scheduler.token_budget="+stallBudget[policy])
		if err != nil {
			return nil, err
		}
		runs[policy] = x
		chart.Series = append(chart.Series, emission(policy, x.replies[decoding].tokens))
	}
	if err := stallClaims(r, runs); err != nil {
		return nil, err
	}
	gap := func(policy string) string {
		return Number(runs[policy].replies[decoding].longestGap().Seconds())
	}
	chart.Title = fmt.Sprintf("Two prompts of 4k tokens stall a reply for %s s under vLLM and %s s under Orca, and for %s s under Sarathi",
		gap("vllm-v0"), gap("orca"), gap("sarathi"))
	r.Charts = []report.Chart{chart}
	return r, nil
}

func stallClaims(r *Result, runs map[string]*run) error {
	s, err := stepsOf(runs["sarathi"].plan)
	if err != nil {
		return err
	}
	prompt := runs["sarathi"].plan.Survey.LongestPrompt
	whole := s.prefill(prompt, prompt)
	budget := *runs["sarathi"].plan.Experiment.Scheduler.TokenBudget
	longest := func(policy string, unit time.Duration) float64 {
		return float64(runs[policy].replies[decoding].longestGap()) / float64(unit)
	}
	r.atLeast(1, Value{Name: "longest gap under vLLM, in whole prefills of an arriving prompt", Ours: longest("vllm-v0", whole)})
	r.atLeast(1, Value{Name: "longest gap under Orca, in whole prefills of an arriving prompt", Ours: longest("orca", whole)})
	step := s.decode(2, 512)
	r.atMost(1.5, Value{Name: "longest gap under FasterTransformer, in decodes of the batch", Ours: longest("static", step)})
	first := runs["static"].replies
	wait := first[arriving].admitted - first[decoding].tokens[len(first[decoding].tokens)-1]
	r.atLeast(0, Value{Name: "admission of the arriving prompts after the end of the batch under FasterTransformer", Unit: "s", Ours: wait.Seconds()})
	batch := s.chunk(budget, prompt-budget, 2, 512)
	r.atMost(1.05, Value{Name: "longest gap under Sarathi, in iterations that spend the token budget", Ours: longest("sarathi", batch)})
	return nil
}

// emission draws the tokens of a reply as they come.
func emission(policy string, tokens []time.Duration) report.Series {
	s := report.Series{Name: policy, System: policy, Mark: report.Steps}
	for i, t := range tokens {
		s.Add(t.Seconds(), float64(i+1))
	}
	return s
}
