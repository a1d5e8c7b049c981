package main

import (
	"fmt"
	"strings"
	"time"

	"metronome/study"
)

// assumptions returns what the report of a plan rests on.
func assumptions(p *study.Plan) []assumption {
	x, d, s := p.Experiment, p.Deployment, p.Experiment.Scheduler
	all := []assumption{
		{"workload", workload(p)},
		{"deployment", fmt.Sprintf("%d × (%d × %s)", d.Replicas, d.GPUs(), d.GPU.Name)},
	}
	for _, line := range d.Assumptions() {
		name, text, _ := strings.Cut(line, ": ")
		all = append(all, assumption{name, text})
	}
	return append(all,
		assumption{"latencies", latencies(p)},
		assumption{"KV cache", fmt.Sprintf("%d blocks of %d tokens per replica", p.Blocks, *s.BlockSize)},
		assumption{"lengths", fmt.Sprintf("max_model_len %d, max_output_tokens %d", d.MaxModelLen, *s.MaxOutputTokens)},
		assumption{"policy", fmt.Sprintf("%s, token budget %d, %d sequences at most; router %s",
			p.Policy.Name, *s.TokenBudget, *s.MaxSequences, x.Router.Policy)},
		assumption{"first deadline", fmt.Sprintf("D_p = P + %v; P is %s at 128, %s at 1k, %s at 8k tokens, alone on %s",
			x.SLO.TTFTSlack, millis(p.Reference.Prefill(128)), millis(p.Reference.Prefill(1024)),
			millis(p.Reference.Prefill(8192)), p.Reference.Name)},
		assumption{"later deadlines", fmt.Sprintf("D_d = %v, index %s", x.SLO.TBT, x.SLO.Index)},
	)
}

// latencies tells where latencies begin and how iterations are planned.
func latencies(p *study.Plan) string {
	text := "from the engine's queue; clients see %s more at 1k tokens (workload.client_delay)"
	if p.Experiment.Workload.ClientDelay {
		text = "from the client, with %s for HTTP and the tokeniser at 1k tokens"
	}
	text = fmt.Sprintf(text, millis(p.Deployment.Engine.RequestDelay(1024)))
	if !p.Experiment.Scheduler.Async && p.Policy.Async {
		text += "; iterations are planned one by one, not ahead (scheduler.async)"
	}
	return text
}

func workload(p *study.Plan) string {
	a := p.Experiment.Workload.Arrivals
	text := fmt.Sprintf("%s, %d requests, %s", p.Source(), p.Survey.Requests, a.Process)
	if a.Rate != nil {
		text += fmt.Sprintf(" at %s /s", figure(*a.Rate))
	}
	return text + fmt.Sprintf(", seed %d", p.Experiment.Seed)
}

// millis returns a time in milliseconds.
func millis(d time.Duration) string { return figure(float64(d)/1e6) + " ms" }
