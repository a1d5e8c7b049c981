package sim

import "time"

// A pipeline is the stages that the lanes of a replica share. Batches pass them
// in the order in which they enter, each a stage at a time.
type pipeline struct {
	free []time.Duration // when each stage has nothing left to do
}

// entry returns when the next batch can enter.
func (p *pipeline) entry() time.Duration { return p.free[0] }

// pass sends a batch that takes d in all through the stages, from now on, and
// returns when it leaves the last. The first stage must be free.
func (p *pipeline) pass(now, d time.Duration) time.Duration {
	stage := d / time.Duration(len(p.free))
	for i := range p.free {
		now = max(now, p.free[i]) + stage
		p.free[i] = now
	}
	return now
}
