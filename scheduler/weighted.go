package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "weighted", Doc: "replicas in turn, as often as their weights say", Keys: []string{"weights"},
		New: func(s RouterSpec, _ *rand.Rand) Router { return &Weighted{Weights: s.Weights} },
	})
}

// Weighted takes replicas in turn, as often as their weights say and as evenly
// as possible (smooth weighted round-robin). Without weights all are alike.
type Weighted struct {
	Weights []int
	credit  []int
}

// Route implements Router. It costs O(replicas).
func (r *Weighted) Route(_ workloads.Request, loads []Load) int {
	if r.credit == nil {
		r.credit = make([]int, len(loads))
	}
	best, total := -1, 0
	for i := range loads {
		if loads[i].Down {
			continue
		}
		weight := 1
		if r.Weights != nil {
			weight = r.Weights[i]
		}
		r.credit[i] += weight
		total += weight
		if best < 0 || r.credit[i] > r.credit[best] {
			best = i
		}
	}
	r.credit[best] -= total
	return best
}

// Blind implements Blind.
func (r *Weighted) Blind() bool { return true }
