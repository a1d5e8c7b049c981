package sim

import (
	"container/heap"
	"time"

	"metronome/scheduler"
	"metronome/workloads"
)

// A feed is the clients: it hands every request to a replica when it arrives.
// It is the first actor, so that arrivals precede iteration ends at equal times.
type feed struct {
	engine  *Engine
	source  workloads.Source
	clients workloads.Conversation // the source, if its clients react to replies
	router  scheduler.Router
	lanes   [][]*Replica     // of each replica
	loads   []scheduler.Load // kept in place by the replicas
	limit   int              // of requests in flight; 0 is none

	staleness time.Duration    // most age of seen
	seen      []scheduler.Load // the loads as the router sees them
	seenAt    time.Duration

	next      workloads.Request // of the source, if more
	more      bool
	followUps arrivals
	inFlight  int

	timeout time.Duration // after arrival, when the client gives up; 0 is never
	awaited []awaited     // requests in flight, and some that are over, in order of arrival
}

// An awaited request times out if it is not over by then.
type awaited struct {
	until time.Duration
	id    int
	seq   *scheduler.Sequence // of that request as long as the number fits
	at    *Replica
}

const feedActor = 0

// Wake implements Actor.
func (f *feed) Wake(now, _ time.Duration) time.Duration {
	for f.nextTimeout() <= now {
		f.giveUp(now)
	}
	for f.nextArrival() <= now {
		r := f.take()
		r.Arrival = now // a request that was held back is sent only now
		lane := leastLoaded(f.lanes[f.router.Route(r, f.view(now))])
		f.inFlight++
		lane.submit(r)
		f.engine.WakeAt(lane.actor, now)
	}
	return min(f.nextArrival(), f.nextTimeout())
}

// view returns the loads as the router sees them at time now.
func (f *feed) view(now time.Duration) []scheduler.Load {
	if f.staleness == 0 {
		return f.loads
	}
	if f.seen == nil || now >= f.seenAt+f.staleness {
		f.seen, f.seenAt = append(f.seen[:0], f.loads...), now
	}
	return f.seen
}

// leastLoaded returns the lane with the fewest sequences, the first of equals.
func leastLoaded(lanes []*Replica) *Replica {
	least := lanes[0]
	for _, r := range lanes[1:] {
		if r.present < least.present {
			least = r
		}
	}
	return least
}

// expect makes the client of s give up if it is not over in time.
func (f *feed) expect(s *scheduler.Sequence, at *Replica) {
	if f.timeout > 0 {
		f.awaited = append(f.awaited, awaited{s.Arrival + f.timeout, s.ID, s, at})
	}
}

// nextTimeout returns when the next client gives up.
func (f *feed) nextTimeout() time.Duration {
	for len(f.awaited) > 0 && f.awaited[0].over() {
		f.awaited = f.awaited[1:]
	}
	if len(f.awaited) == 0 {
		return Never
	}
	return f.awaited[0].until
}

func (a awaited) over() bool { return a.seq.Over || a.seq.ID != a.id }

// giveUp lets the next client give up.
func (f *feed) giveUp(now time.Duration) {
	a := f.awaited[0]
	f.awaited = f.awaited[1:]
	a.at.abort(a.seq)
	f.engine.WakeAt(a.at.actor, now)
	f.finished(a.seq.Request, now)
}

// nextArrival returns when the next request can be sent.
func (f *feed) nextArrival() time.Duration {
	switch {
	case f.limit > 0 && f.inFlight >= f.limit:
		return Never
	case len(f.followUps) > 0 && (!f.more || f.followUps[0].Arrival < f.next.Arrival):
		return f.followUps[0].Arrival
	case f.more:
		return f.next.Arrival
	}
	return Never
}

// take removes the next request.
func (f *feed) take() workloads.Request {
	if len(f.followUps) > 0 && (!f.more || f.followUps[0].Arrival < f.next.Arrival) {
		return heap.Pop(&f.followUps).(workloads.Request)
	}
	r := f.next
	f.next, f.more = f.source.Next()
	return r
}

// finished tells the feed that the cluster is done with a request. It returns
// when the feed acts next because of that.
func (f *feed) finished(r workloads.Request, now time.Duration) time.Duration {
	return f.react(r, now, 0)
}

// rejectionPause is the least time that a client lets pass after a rejection, so
// that a closed loop of requests that are all rejected comes to an end.
const rejectionPause = time.Millisecond

// rejected tells the feed that a request was refused at once.
func (f *feed) rejected(r workloads.Request, now time.Duration) { f.react(r, now, rejectionPause) }

func (f *feed) react(r workloads.Request, now, pause time.Duration) time.Duration {
	f.inFlight--
	if f.clients == nil && f.limit == 0 {
		return Never
	}
	if f.clients != nil {
		if next, ok := f.clients.FollowUp(r, now); ok {
			next.Arrival = max(next.Arrival, now+pause)
			heap.Push(&f.followUps, next)
		}
	}
	next := max(f.nextArrival(), now)
	f.engine.WakeAt(feedActor, next)
	return next
}

// arrivals is a heap of requests by arrival and, at equal times, by number.
type arrivals []workloads.Request

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	if a[i].Arrival != a[j].Arrival {
		return a[i].Arrival < a[j].Arrival
	}
	return a[i].ID < a[j].ID
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(workloads.Request)) }
func (a *arrivals) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	*a = (*a)[:last]
	return x
}
