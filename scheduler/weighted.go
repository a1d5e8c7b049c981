package scheduler

import (
	"math/rand/v2"
	"slices"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "weighted", Doc: "replicas in turn, as often as their weights say", Keys: []string{"weights"},
		New: func(s RouterSpec, _ *rand.Rand) Router { return &Weighted{Weights: s.Weights} },
	})
}

// Weighted takes replicas in turn, as often as their weights say and as evenly
// as possible (smooth weighted round-robin): for each request every replica gets its
// weight as credit, and the one with the most pays the weights of all. Without weights
// all are alike. While a replica is down its credit stays.
type Weighted struct {
	Weights []int
	contest *contest
	total   int // weight of those that are up
}

// Route implements Router. It costs O(log² replicas).
func (r *Weighted) Route(_ workloads.Request, loads []Load) int {
	if r.contest == nil {
		r.begin(loads)
	}
	best := r.contest.next()
	r.contest.pay(best, r.total)
	return best
}

func (r *Weighted) begin(loads []Load) {
	weights := r.Weights
	if weights == nil {
		weights = slices.Repeat([]int{1}, len(loads))
	}
	for _, w := range weights {
		r.total += w
	}
	r.contest = newContest(weights)
	for i := range loads {
		r.Changed(loads, i)
	}
}

// Changed implements Follower. It costs O(1), and O(log replicas) if the replica went
// down or came back.
func (r *Weighted) Changed(loads []Load, replica int) {
	if r.contest == nil {
		return
	}
	switch p := &r.contest.players[replica]; {
	case loads[replica].Down == p.gone:
	case p.gone:
		r.total += p.weight
		r.contest.enter(replica)
	default:
		r.total -= p.weight
		r.contest.leave(replica)
	}
}

// Blind implements Blind.
func (r *Weighted) Blind() bool { return true }
