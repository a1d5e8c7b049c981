package scheduler

import (
	"math"
	"math/rand/v2"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "ucb1", Doc: "the pool whose answers may be the best for their price, as far as is known",
		New: func(s RouterSpec, _ *rand.Rand) Router { return s.bandit(UCB1{}) },
	})
}

// UCB1 takes the arm with the highest upper confidence bound of its worth (Auer,
// Cesa-Bianchi and Fischer, 2002): its regret grows as the logarithm of the
// number of requests. What was sent narrows the bound before it is over, so that
// requests in flight do not all go to one arm.
type UCB1 struct{}

// Pick implements Explorer.
func (UCB1) Pick(arms []Arm) int {
	sent := 0
	for _, a := range arms {
		sent += a.Sent
	}
	width := 2 * math.Log(float64(sent))
	return best(arms, func(a Arm) float64 { return a.Worth() + math.Sqrt(width/float64(a.Sent)) })
}
