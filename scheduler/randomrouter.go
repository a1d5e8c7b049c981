package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "random", Doc: "any replica, each as likely",
		New: func(_ RouterSpec, r *rand.Rand) Router { return &Random{Rand: r} },
	})
}

// Random takes any replica, each as likely.
type Random struct {
	Rand *rand.Rand
	up   []int
}

// Route implements Router. It costs O(replicas) if it comes upon one that is down.
func (r *Random) Route(_ workloads.Request, loads []Load) int {
	i := r.Rand.IntN(len(loads))
	if loads[i].Down {
		r.up = up(loads, r.up)
		i = r.up[r.Rand.IntN(len(r.up))]
	}
	return i
}

// Blind implements Blind.
func (r *Random) Blind() bool { return true }

// up returns the replicas that are not down, in a slice that it may reuse.
func up(loads []Load, into []int) []int {
	into = into[:0]
	for i := range loads {
		if !loads[i].Down {
			into = append(into, i)
		}
	}
	return into
}
