package scheduler

import (
	"math"
	"math/rand/v2"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "epsilon-greedy", Doc: "the pool with the best answers for their price so far; any, for a share epsilon of requests", Keys: []string{"epsilon"},
		New: func(s RouterSpec, r *rand.Rand) Router {
			epsilon := 0.1
			if s.Epsilon != nil {
				epsilon = *s.Epsilon
			}
			return s.bandit(&EpsilonGreedy{Epsilon: epsilon, Rand: r})
		},
	})
}

// EpsilonGreedy takes the best arm known, and any arm for a share Epsilon of the
// requests. As that share never ends, its regret grows with every request.
type EpsilonGreedy struct {
	Epsilon float64
	Rand    *rand.Rand
}

// Pick implements Explorer. An arm of which nothing is known yet is no better
// than any other.
func (e *EpsilonGreedy) Pick(arms []Arm) int {
	if e.Rand.Float64() < e.Epsilon {
		return e.Rand.IntN(len(arms))
	}
	return best(arms, func(a Arm) float64 {
		if a.Over == 0 {
			return math.Inf(-1)
		}
		return a.Worth()
	})
}
