package sim

import (
	"slices"
	"time"

	"metronome/scheduler"
	"metronome/workloads"
)

// A tier is the replicas among which a router chooses.
type tier struct {
	router   scheduler.Router
	follower scheduler.Follower // the router, if it is one
	lanes    [][]*Replica       // of each replica
	loads    []scheduler.Load   // kept in place by the replicas
	kinds    []*Replica         // one of each pool

	news    []int  // replicas whose loads have changed since the latest view
	isNews  []bool // of each
	waiting int    // sequences on them that wait

	up   int        // replicas that take requests
	gone int        // replicas that never will again
	door []handover // who wait while none does, in order
	pace *pace      // of prompts; nil if nobody asks

	staleness time.Duration    // most age of seen
	seen      []scheduler.Load // the loads as the router sees them
	seenAt    time.Duration
}

// lane returns the lane that serves r from now on.
func (t *tier) lane(r workloads.Request, now time.Duration) *Replica {
	return leastLoaded(t.lanes[t.router.Route(r, t.view(now))])
}

// attend makes the tier keep account of what changes, if anybody asks.
func (t *tier) attend() {
	t.follower, _ = t.router.(scheduler.Follower)
	if t.follower != nil || t.staleness > 0 {
		t.isNews = make([]bool, len(t.loads))
	}
}

// changed notes that the load of a replica is not what it was.
func (t *tier) changed(place int) {
	if t.isNews != nil && !t.isNews[place] {
		t.isNews[place] = true
		t.news = append(t.news, place)
	}
}

// view returns the loads as the router sees them, and tells it which of them have
// changed. It costs O(1) for each that has.
func (t *tier) view(now time.Duration) []scheduler.Load {
	if t.staleness == 0 {
		t.tell(t.loads)
		return t.loads
	}
	if t.seen == nil {
		t.seen, t.seenAt = slices.Clone(t.loads), now
	}
	if now >= t.seenAt+t.staleness {
		for _, place := range t.news {
			t.seen[place] = t.loads[place]
		}
		t.tell(t.seen)
		t.seenAt = now
	}
	return t.seen
}

// tell tells the router what has changed in what it sees.
func (t *tier) tell(loads []scheduler.Load) {
	for _, place := range t.news {
		t.isNews[place] = false
		if t.follower != nil {
			t.follower.Changed(loads, place)
		}
	}
	t.news = t.news[:0]
}

// leastLoaded returns the lane with the fewest sequences, the first of equals.
func leastLoaded(lanes []*Replica) *Replica {
	least := lanes[0]
	for _, r := range lanes[1:] {
		if len(r.present) < len(least.present) {
			least = r
		}
	}
	return least
}
