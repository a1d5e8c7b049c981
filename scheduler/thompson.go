package scheduler

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "thompson", Doc: "a pool as often as its answers are likely to be the best for their price",
		New: func(s RouterSpec, r *rand.Rand) Router { return s.bandit(&Thompson{r}) },
	})
}

// Thompson draws the quality of each arm from what is believed of it, a beta
// distribution that is flat at first, and takes the best draw less its price
// (Thompson, 1933; Agrawal and Goyal, arXiv 1111.1797).
type Thompson struct{ Rand *rand.Rand }

// Pick implements Explorer.
func (t *Thompson) Pick(arms []Arm) int {
	return best(arms, func(a Arm) float64 {
		quality := distuv.Beta{Alpha: 1 + a.Quality, Beta: 1 + float64(a.Over) - a.Quality, Src: t.Rand}
		return quality.Rand() - a.mean(a.Price)
	})
}
