package study

import (
	"metronome/metrics"
	"metronome/sim"
)

// Serve returns the cluster of the plan for clients from outside, who bring their own
// requests.
func (p *Plan) Serve(recorder metrics.Recorder) (sim.Config, error) { return p.config(recorder) }
