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
	roll roll
}

// Changed implements Follower.
func (r *Random) Changed(loads []Load, replica int) { r.roll.mark(loads, replica) }

// Route implements Router. It costs O(1), and O(replicas) if it comes upon one that is down
// and others went down or came back since that happened last.
func (r *Random) Route(_ workloads.Request, loads []Load) int {
	i := r.Rand.IntN(len(loads))
	if loads[i].Down {
		up := r.roll.call(loads)
		i = up[r.Rand.IntN(len(up))]
	}
	return i
}

// Blind implements Blind.
func (r *Random) Blind() bool { return true }
