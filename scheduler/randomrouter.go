package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "random", Doc: "any replica, each as likely",
		New: func(_ RouterSpec, r *rand.Rand) Router { return &Random{r} },
	})
}

// Random takes any replica, each as likely.
type Random struct{ Rand *rand.Rand }

// Route implements Router.
func (r *Random) Route(_ workloads.Request, loads []Load) int { return r.Rand.IntN(len(loads)) }

// Blind implements Blind.
func (r *Random) Blind() bool { return true }
