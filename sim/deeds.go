package sim

import "metronome/metrics"

// deeds yields what the latest iteration did to single requests: those that its plan
// preempted, then those whose prompts it computed a part of.
func (r *Replica) deeds(yield func(metrics.Deed) bool) {
	p := r.batch.Latest()
	for id := range p.Preempted {
		if !yield(metrics.Deed{Request: id}) {
			return
		}
	}
	for id, tokens := range p.Chunks {
		if !yield(metrics.Deed{Request: id, Tokens: tokens}) {
			return
		}
	}
}
