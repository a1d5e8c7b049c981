package scheduler

import (
	"fmt"
	"math"
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "prefix-affinity", Doc: "requests that begin alike go to one replica, within a cap of load (consistent hashing)", Keys: []string{"load_cap"},
		New: func(s RouterSpec, _ *rand.Rand) Router {
			limit := 1.25
			if s.LoadCap != nil {
				limit = *s.LoadCap
			}
			return &Affinity{Key: beginning, LoadCap: limit}
		},
	})
	RegisterRouter(RouterKind{
		Name: "session-affinity", Doc: "all requests of a conversation, or else of a tenant, go to one replica",
		New: func(RouterSpec, *rand.Rand) Router { return &Affinity{Key: conversation, LoadCap: math.Inf(1)} },
	})
}

// Affinity sends requests with equal keys to one replica, by consistent hashing.
// A replica with more than LoadCap times the mean of sequences is passed over
// for the next on the ring (bounded loads, arXiv 1608.01350).
type Affinity struct {
	Key     func(workloads.Request) uint64
	LoadCap float64
	ring    ring
	census  census
}

// Blind implements Blind: without a cap nobody is passed over.
func (a *Affinity) Blind() bool { return math.IsInf(a.LoadCap, 1) }

// Changed implements Follower.
func (a *Affinity) Changed(loads []Load, replica int) { a.census.recount(loads, replica) }

// Route implements Router. It costs O(log replicas), and O(1) for each that is passed over.
func (a *Affinity) Route(r workloads.Request, loads []Load) int {
	if a.ring == nil {
		a.ring = newRing(len(loads))
	}
	most := math.Inf(1)
	if !a.Blind() {
		a.census.begin(loads)
		most = math.Ceil(a.census.times(a.LoadCap))
	}
	at := a.ring.find(a.Key(r))
	for range a.ring {
		if replica := a.ring[at].replica; takes(&loads[replica], most) {
			return replica
		}
		at = (at + 1) % len(a.ring)
	}
	panic(fmt.Sprintf("scheduler: none of %d replicas takes one of at most %v sequences: the router was not told of all changes", len(loads), most))
}

// takes reports whether a replica can have one more sequence, of so many at most.
func takes(l *Load, most float64) bool { return !l.Down && float64(l.Sequences()+1) <= most }

// beginning is the key of requests that begin alike.
func beginning(r workloads.Request) uint64 {
	if r.Prefix != nil && len(r.Prefix.Segments) > 0 {
		return mix(r.Prefix.Segments[0].Stream)
	}
	return mix(uint64(r.ID))
}

// conversation is the key of requests of one conversation.
func conversation(r workloads.Request) uint64 {
	if r.Prefix != nil && len(r.Prefix.Segments) > 0 {
		return mix(r.Prefix.Segments[len(r.Prefix.Segments)-1].Stream)
	}
	if r.Tenant == "" {
		return mix(uint64(r.ID))
	}
	key := uint64(0)
	for _, c := range []byte(r.Tenant) {
		key = mix(key ^ uint64(c))
	}
	return key
}
