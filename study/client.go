package study

import (
	"metronome/hardware"
	"metronome/metrics"
)

// A clientSide recorder counts latencies from when clients send, not from when the
// engine queues: what HTTP and the tokeniser take is part of them. The first
// deadline stays where it is, as a lone request would see the same delay.
type clientSide struct {
	metrics.Tee
	engine *hardware.Engine
}

// Finished implements metrics.Recorder.
func (r clientSide) Finished(c *metrics.Completion) {
	seen := *c
	seen.Request.Arrival = max(0, c.Request.Arrival-r.engine.RequestDelay(c.Request.PromptTokens))
	r.Tee.Finished(&seen)
}
