package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"metronome/study"
)

// assumptions returns what the report of a plan rests on.
func assumptions(p *study.Plan) []assumption {
	x := p.Experiment
	all := []assumption{{"workload", workload(p)}}
	for i, pool := range p.Pools {
		if len(p.Pools) > 1 {
			all = append(all, assumption{"pool " + strconv.Itoa(i), pool.Spec.Name + ", " + pool.Spec.Role.String()})
		}
		for _, a := range assumePool(pool) {
			if !slices.Contains(all, a) { // said of a pool before
				all = append(all, a)
			}
		}
	}
	all = append(all, tenants(&p.Experiment)...)
	all = append(all, troubles(&p.Experiment)...)
	return append(all,
		assumption{"router", routers(p)},
		assumption{"latencies", latencies(p)},
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
	if !*p.Experiment.Scheduler.Async && p.Policy.Async {
		text += "; iterations are planned one by one, not ahead (scheduler.async)"
	}
	return text
}

// assumePool returns what the replicas of a pool are.
func assumePool(p *study.Pool) []assumption {
	d, s := p.Deployment, p.Spec.Scheduler
	all := []assumption{{"deployment", fmt.Sprintf("%d × (%d × %s)", d.Replicas, d.GPUs(), d.GPU.Name)}}
	all = append(append(all, scaling(p)...), worth(p)...)
	for _, line := range d.Assumptions() {
		name, text, _ := strings.Cut(line, ": ")
		all = append(all, assumption{name, text})
	}
	return append(all,
		assumption{"KV cache", cached(p)},
		assumption{"lengths", fmt.Sprintf("max_model_len %d, max_output_tokens %d", d.MaxModelLen, *s.MaxOutputTokens)},
		assumption{"policy", fmt.Sprintf("%s, token budget %d, %d sequences at most", p.Policy.Name, *s.TokenBudget, *s.MaxSequences)},
	)
}

// cached says how large the KV cache of a replica is.
func cached(p *study.Pool) string {
	text := fmt.Sprintf("%d blocks of %d tokens per replica", p.Blocks, *p.Spec.Scheduler.BlockSize)
	if p.Host.Blocks > 0 {
		text += fmt.Sprintf(", copies of %d in the memory of its host", p.Host.Blocks)
	}
	return text
}

func workload(p *study.Plan) string {
	if own := p.Experiment.Tenants; len(own) > 0 && own[0].Workload != nil {
		return fmt.Sprintf("%s, %d requests, seed %d", p.Source(), p.Survey.Requests, p.Experiment.Seed)
	}
	a := p.Experiment.Workload.Arrivals
	return fmt.Sprintf("%s, %d requests, %s, seed %d", p.Source(), p.Survey.Requests, arrivals(a), p.Experiment.Seed)
}

// millis returns a time in milliseconds.
func millis(d time.Duration) string { return figure(float64(d)/1e6) + " ms" }
