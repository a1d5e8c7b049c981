package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "power-of-two", Doc: "of two replicas at random, the one with fewer sequences",
		New: func(_ RouterSpec, r *rand.Rand) Router { return &PowerOfTwo{Rand: r} },
	})
}

// PowerOfTwo looks at two replicas at random and takes the one with fewer
// sequences (Mitzenmacher, 2001): nearly as even as looking at all.
type PowerOfTwo struct {
	Rand *rand.Rand
	roll roll
}

// Changed implements Follower.
func (r *PowerOfTwo) Changed(loads []Load, replica int) { r.roll.mark(loads, replica) }

// Route implements Router. It costs O(1), and O(replicas) if it comes upon one that is down
// and others went down or came back since that happened last.
func (r *PowerOfTwo) Route(_ workloads.Request, loads []Load) int {
	a, b := r.two(len(loads))
	if loads[a].Down || loads[b].Down {
		up := r.roll.call(loads)
		a, b = r.two(len(up))
		a, b = up[a], up[b]
	}
	if loads[b].Sequences() < loads[a].Sequences() {
		return b
	}
	return a
}

// two returns two different numbers below n, if there are two.
func (r *PowerOfTwo) two(n int) (a, b int) {
	if n == 1 {
		return 0, 0
	}
	a, b = r.Rand.IntN(n), r.Rand.IntN(n-1)
	if b >= a {
		b++
	}
	return a, b
}
