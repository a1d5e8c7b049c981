package sim

import (
	"time"

	"metronome/scheduler"
	"metronome/workloads"
)

// A tier is the replicas among which a router chooses.
type tier struct {
	router scheduler.Router
	lanes  [][]*Replica     // of each replica
	loads  []scheduler.Load // kept in place by the replicas
	kinds  []*Replica       // one of each pool

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

// view returns the loads as the router sees them.
func (t *tier) view(now time.Duration) []scheduler.Load {
	if t.staleness == 0 {
		return t.loads
	}
	if t.seen == nil || now >= t.seenAt+t.staleness {
		t.seen, t.seenAt = append(t.seen[:0], t.loads...), now
	}
	return t.seen
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
