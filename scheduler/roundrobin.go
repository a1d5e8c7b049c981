package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "round-robin", Doc: "replicas in turn",
		New: func(RouterSpec, *rand.Rand) Router { return new(RoundRobin) },
	})
}

// RoundRobin takes replicas in turn. Its zero value starts with the first.
type RoundRobin struct{ next int }

// Route implements Router.
func (r *RoundRobin) Route(_ workloads.Request, loads []Load) int {
	i := r.next
	for loads[i].Down {
		i = (i + 1) % len(loads)
	}
	r.next = (i + 1) % len(loads)
	return i
}

// Blind implements Blind.
func (r *RoundRobin) Blind() bool { return true }
