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
	Of   func(*Load) int
	turn int
}

// Route implements Router. It costs O(replicas).
func (r *Least) Route(_ workloads.Request, loads []Load) int {
	best, least := -1, 0
	for i := range loads {
		at := r.turn + i
		if at >= len(loads) {
			at -= len(loads)
		}
		if loads[at].Down {
			continue
		}
		if of := r.Of(&loads[at]); best < 0 || of < least {
			best, least = at, of
		}
	}
	r.turn = (best + 1) % len(loads)
	return best
}
