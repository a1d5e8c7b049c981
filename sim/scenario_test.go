package sim

import (
	"context"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/workloads"
)

// Two chats are under way when two long prompts arrive (Sarathi-Serve,
// arXiv 2403.02310, figure 7). Prompts that run whole stall the chats for a
// whole prefill under vLLM V0 and Orca; request-level batching does not stall
// them but makes the newcomers wait; chunks bound the stall by one budget.
func TestLongPromptsStallChatsAsInSarathiFigure7(t *testing.T) {
	const budget, chats, long, reply = 512, 64, 8192, 60
	load := []workloads.Request{
		{ID: 0, PromptTokens: chats, OutputTokens: reply}, {ID: 1, PromptTokens: chats, OutputTokens: reply},
		{ID: 2, PromptTokens: long, OutputTokens: reply, Arrival: 200 * time.Millisecond},
		{ID: 3, PromptTokens: long, OutputTokens: reply, Arrival: 210 * time.Millisecond},
	}
	cost := a100Like{}
	prefill := cost.IterationTime(hardware.Shape{PrefillTokens: long, PrefillPairs: long * (long + 1) / 2})
	full := hardware.Shape{PrefillTokens: budget, PrefillContext: long, Decodes: 3, DecodeContext: 2 * long}
	full.PrefillPairs = budget * long
	chunk := cost.IterationTime(full)

	stall, wait := map[string]time.Duration{}, map[string]time.Duration{}
	for _, policy := range []string{"vllm-v0", "orca", "static", "sarathi", "vllm"} {
		stall[policy], wait[policy] = figure7(t, policy, budget, long, load, cost)
	}
	for _, policy := range []string{"vllm-v0", "orca"} {
		if stall[policy] < prefill {
			t.Errorf("%s stalls the chats by %v, less than a whole prefill of %v", policy, stall[policy], prefill)
		}
	}
	for _, policy := range []string{"sarathi", "vllm"} {
		if stall[policy] > chunk {
			t.Errorf("%s stalls the chats by %v, more than one budget takes (%v)", policy, stall[policy], chunk)
		}
	}
	if stall["static"] > chunk/2 || wait["static"] < 2*wait["sarathi"] {
		t.Errorf("static stalls the chats by %v and lets the long prompts wait %v (sarathi %v)", stall["static"], wait["static"], wait["sarathi"])
	}
}

// figure7 returns the longest gap in the chats, and how long the first long
// prompt waited for admission.
func figure7(t *testing.T, policy string, budget, long int, load []workloads.Request, cost hardware.CostModel) (stall, wait time.Duration) {
	l := newLives()
	kind, err := scheduler.Lookup(policy)
	if err != nil {
		t.Fatal(err)
	}
	if kind.Budget != nil {
		budget = max(budget, kind.Budget(2*long))
	}
	c := benchConfig(policy, budget, 8, &list{load}, l)
	c.Pools[0].Cost, c.Pools[0].MaxOutputTokens = cost, 64
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	for _, chat := range []int{0, 1} {
		times := l.of[chat].Times
		for i := 1; i < len(times); i++ {
			stall = max(stall, times[i]-times[i-1])
		}
	}
	return stall, l.of[2].Admitted - load[2].Arrival
}

// a100Like costs what a 7B model on an A100 roughly does.
type a100Like struct{}

func (a100Like) IterationTime(s hardware.Shape) time.Duration {
	compute := 80*time.Microsecond*time.Duration(s.Tokens()) + time.Duration(s.PrefillPairs)
	memory := 8 * time.Millisecond
	return max(compute, memory) + time.Duration(60*s.DecodeContext)
}
