package scheduler

import (
	"math/rand/v2"
	"testing"

	"metronome/workloads"
)

// Whatever goes down and comes back, no router picks a replica that is down, and
// all that are up get their part.
func TestRoutersPassOverWhatIsDown(t *testing.T) {
	for _, k := range Routers() {
		const replicas = 7
		r, loads := route(t, k.Name, RouterSpec{Pools: Pools{Replicas: []int{2, 5}}}), make([]Load, replicas)
		random := rand.New(rand.NewPCG(4, 4))
		counts := [replicas]int{}
		for id := range 7000 {
			if id%100 == 0 {
				for i := range loads {
					loads[i].Down = random.IntN(2) == 0
				}
				loads[random.IntN(replicas)].Down = false
			}
			i := r.Route(workloads.Request{ID: id, PromptTokens: 10}, loads)
			if loads[i].Down {
				t.Fatalf("%s picks replica %d, which is down", k.Name, i)
			}
			counts[i]++
			if learner, ok := r.Router.(Learner); ok {
				pool := 1
				if i < 2 {
					pool = 0
				}
				learner.Learn(workloads.Request{ID: id}, pool, true)
			}
		}
		for i, n := range counts {
			if n == 0 {
				t.Errorf("%s never picks replica %d: %v", k.Name, i, counts)
			}
		}
	}
}
