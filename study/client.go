package study

import (
	"metronome/metrics"
)

// A clientSide recorder counts latencies from when clients send, not from when the
// engine queues: what HTTP and the tokeniser take is part of them. The first
// deadline stays where it is, as a lone request would see the same delay.
type clientSide struct {
	metrics.Tee
	pools []*Pool
}

// Finished implements metrics.Recorder.
func (r clientSide) Finished(c *metrics.Completion) {
	seen, pool := *c, r.pools[max(c.Pool, 0)] // who was turned away at the door has seen the first
	seen.Request.Arrival = max(0, c.Request.Arrival-pool.Deployment.Engine.RequestDelay(c.Request.PromptTokens))
	r.Tee.Finished(&seen)
}
