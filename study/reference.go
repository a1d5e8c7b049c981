package study

import (
	"fmt"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/sim"
	"metronome/workloads"
)

// A Reference sets the deadlines of first tokens.
type Reference struct {
	Name    string                               // what P was measured or predicted for
	Prefill func(promptTokens int) time.Duration // P: the time to first token of a lone request
	slack   time.Duration
	slacks  map[string]time.Duration // of tenants with an SLO of their own
}

// FirstDeadline returns D_p, the time that a request has for its first token.
func (r Reference) FirstDeadline(q workloads.Request) time.Duration {
	slack, own := r.slacks[q.Tenant]
	if !own {
		slack = r.slack
	}
	return r.Prefill(q.PromptTokens) + slack
}

// longestShown is the longest prompt for which reports print P, in tokens.
const longestShown = 8192

// refer finds the reference: a measured curve, a named deployment, or else the
// experiment's own.
func (p *Plan) refer(o Options) error {
	slo := p.Experiment.SLO
	p.Reference.slack = slo.TTFTSlack
	p.Reference.slacks = map[string]time.Duration{}
	for _, t := range p.Experiment.Tenants {
		p.Reference.slacks[t.Name] = t.SLO.TTFTSlack
	}
	if slo.Prefill != nil {
		p.Reference.Name = curveName(slo.Prefill.Curve)
		p.Reference.Prefill = slo.Prefill.Curve.At
		return nil
	}
	pool := p.prompts()
	budget := *pool.Spec.Scheduler.TokenBudget
	deployment, cost := pool.Deployment, pool.cost
	if r := slo.Reference; r != nil {
		if r.TokenBudget > 0 {
			budget = r.TokenBudget
		}
		var err error
		if deployment, cost, err = openReference(r, o); err != nil {
			return at("slo.reference", err)
		}
	}
	p.Reference.Name = fmt.Sprintf("%s on %d × %s, token budget %d",
		deployment.Model.Name, deployment.GPUs(), deployment.GPU.Name, budget)
	p.Reference.Prefill = p.lone(cost, budget)
	return nil
}

// prompts returns the first of the pools that take prompts.
func (p *Plan) prompts() *Pool {
	return p.Pools[slices.IndexFunc(p.Pools, func(pool *Pool) bool { return pool.Spec.Role != sim.Decode })]
}

func openReference(r *metrics.Reference, o Options) (hardware.Deployment, hardware.CostModel, error) {
	spec := hardware.Spec{GPU: r.GPU, Model: r.Model}
	if r.TensorParallel > 0 {
		spec.TensorParallel = &r.TensorParallel
	}
	d, err := hardware.Open(o.Profiles, spec)
	if err != nil {
		return d, nil, err
	}
	cost, err := d.CostModel()
	return d, cost, err
}

// lone returns P by prediction. A prompt beyond what the model takes is never
// served, so that any deadline will do.
func (p *Plan) lone(cost hardware.CostModel, budget int) func(int) time.Duration {
	longest := max(p.context(), longestShown)
	prefill := sim.LonePrefill(cost, budget, longest)
	return func(promptTokens int) time.Duration { return prefill(min(promptTokens, longest)) }
}

func curveName(c metrics.Curve) string { return fmt.Sprintf("a measured curve of %d points", len(c)) }
