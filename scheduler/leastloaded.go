package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "least-loaded", Doc: "the replica with the fewest sequences, waiting and running",
		New: func(RouterSpec, *rand.Rand) Router { return &Least{Of: (*Load).Sequences} },
	})
	RegisterRouter(RouterKind{
		Name: "least-kv", Doc: "the replica with the fewest KV blocks in use",
		New: func(RouterSpec, *rand.Rand) Router { return &Least{Of: func(l *Load) int { return l.UsedBlocks }} },
	})
}

// Least takes the replica that has the least of something. Equals are taken in
// turn, so that an idle cluster is not all sent to its first replica.
type Least struct {
	Of    func(*Load) int
	turn  int
	order *tournament
}

// Route implements Router. It costs O(log replicas).
func (r *Least) Route(_ workloads.Request, loads []Load) int {
	if r.order == nil {
		r.order = newTournament(len(loads))
		for i := range loads {
			r.Changed(loads, i)
		}
	}
	best := r.order.first(r.turn)
	r.turn = (best + 1) % len(loads)
	return best
}

// Changed implements Follower. It costs O(log replicas), and O(1) if what counts is the same.
func (r *Least) Changed(loads []Load, replica int) {
	if r.order == nil {
		return
	}
	number := out
	if l := &loads[replica]; !l.Down {
		number = r.Of(l)
	}
	r.order.set(replica, number)
}
