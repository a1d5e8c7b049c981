package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "power-of-two", Doc: "of two replicas at random, the one with fewer sequences",
		New: func(_ RouterSpec, r *rand.Rand) Router { return &PowerOfTwo{r} },
	})
}

// PowerOfTwo looks at two replicas at random and takes the one with fewer
// sequences (Mitzenmacher, 2001): nearly as even as looking at all.
type PowerOfTwo struct{ Rand *rand.Rand }

// Route implements Router.
func (r *PowerOfTwo) Route(_ workloads.Request, loads []Load) int {
	if len(loads) == 1 {
		return 0
	}
	a, b := r.Rand.IntN(len(loads)), r.Rand.IntN(len(loads)-1)
	if b >= a {
		b++
	}
	if loads[b].Sequences() < loads[a].Sequences() {
		return b
	}
	return a
}
