package study

import (
	"time"

	"metronome/metrics"
	"metronome/sim"
)

// Serve returns the cluster of the plan for clients from outside, who bring their own
// requests.
func (p *Plan) Serve(recorder metrics.Recorder) (sim.Config, error) { return p.config(recorder) }

// Lone returns what the simulator says of P on the deployment of a plan, whatever sets
// the deadlines.
func Lone(p *Plan) func(promptTokens int) time.Duration {
	return p.lone(p.cost, *p.Experiment.Scheduler.TokenBudget)
}
