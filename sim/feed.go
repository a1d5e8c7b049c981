package sim

import (
	"container/heap"
	"fmt"
	"math"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A feed is the clients: it hands every request to a replica when it arrives.
// It is the first actor, so that arrivals precede iteration ends at equal times.
type feed struct {
	engine  *Engine
	source  workloads.Source
	clients workloads.Conversation // the source, if its clients react to replies
	lanes   [][]*Replica           // of each replica
	loads   []scheduler.Load       // kept in place by the replicas
	limit   int                    // of requests in flight; 0 is none
	spare   []*scheduler.Sequence

	prompts, decodes tier
	learner          scheduler.Learner        // the router of prompts, if it learns
	localBelow       int                      // see Handover
	transfers        metrics.TransferObserver // the recorder, if it is one
	standings        metrics.StandingObserver // likewise
	admission        *admission               // nil if all requests are let in

	due    func(workloads.Request) time.Duration // D_p; nil is no deadline
	gap    func(workloads.Request) time.Duration // D_d; nil is none of their own
	record metrics.Recorder
	last   metrics.Completion

	agenda  agenda
	scalers []*scaler
	retries int                   // see Faults
	fleets  metrics.FleetObserver // the recorder, if it is one
	endless bool                  // there may always be more requests

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
}

const feedActor = 0

// Wake implements Actor.
func (f *feed) Wake(now, _ time.Duration) time.Duration {
	for f.nextTimeout() <= now {
		f.giveUp(now)
	}
	for f.nextArrival() <= now {
		if r := f.take(); r.ID != nobody {
			f.arrive(r, now)
		}
	}
	return min(f.nextArrival(), f.nextTimeout())
}

// arrive lets a request in, unless admission control sheds it. One that was held
// back is sent only now.
func (f *feed) arrive(r workloads.Request, now time.Duration) {
	r.Arrival = now
	f.inFlight++
	s := f.sequence()
	s.Reset(r)
	if f.due != nil {
		s.Deadline = now + f.due(r)
	}
	if f.gap != nil {
		s.TBT = f.gap(r)
	}
	t := f.tier(r)
	if f.admission != nil {
		if cause, reason := f.admission.refuse(t, s, now); reason != "" {
			f.turnAway(s, fate{metrics.Shed, cause, reason}, metrics.NoPool, now)
			return
		}
	}
	if t.pace != nil {
		t.pace.waiting += r.PromptTokens
	}
	f.expect(s)
	f.send(t, handover{seq: s}, now)
}

// tier returns the replicas that a request goes to on arrival.
func (f *feed) tier(r workloads.Request) *tier {
	if r.PromptTokens < f.localBelow {
		return &f.decodes
	}
	return &f.prompts
}

// bound returns the most tokens of a reply to a prompt that arrives at a lane.
func (f *feed) bound(r *Replica, promptTokens int) int {
	if r.role != Prefill {
		return r.limits.bound(promptTokens)
	}
	bound := math.MaxInt
	for _, d := range f.decodes.kinds {
		bound = min(bound, d.limits.bound(promptTokens))
	}
	return bound
}

// refuse returns why s, which is sent to a lane, can never be served, or "".
func (f *feed) refuse(r *Replica, s *scheduler.Sequence) string {
	if s.Emitted > 0 && s.Emitted >= s.MaxTokens {
		return fmt.Sprintf("%d tokens of its reply are as many as replicas give that are left", s.Emitted)
	}
	if r.role != Prefill {
		return r.refuse(s, min(s.OutputTokens, r.limits.output))
	}
	if reason := r.refuse(s, s.Emitted+1); reason != "" {
		return reason
	}
	for _, d := range f.decodes.kinds {
		if reason := d.refuse(s, min(s.OutputTokens, d.limits.output)); reason != "" {
			return reason
		}
	}
	return ""
}

// show reports a transfer.
func (f *feed) show(t *metrics.Transfer) {
	if f.transfers != nil {
		f.transfers.Transfer(t)
	}
}

func (f *feed) sequence() *scheduler.Sequence {
	n := len(f.spare)
	if n == 0 {
		return new(scheduler.Sequence)
	}
	s := f.spare[n-1]
	f.spare = f.spare[:n-1]
	return s
}

// expect makes the client of s give up if it is not over in time.
func (f *feed) expect(s *scheduler.Sequence) {
	if f.timeout > 0 {
		f.awaited = append(f.awaited, awaited{s.Arrival + f.timeout, s.ID, s})
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
	s := f.awaited[0].seq
	f.awaited = f.awaited[1:]
	f.abort(s, now)
}

// abort lets the client of s give up.
func (f *feed) abort(s *scheduler.Sequence, now time.Duration) {
	if s.Lane == atDoor {
		f.leaveDoor(s, now)
		f.turnAway(s, gaveUp, metrics.NoPool, now)
		return
	}
	f.engine.actors[s.Lane].(*Replica).abort(s)
	f.engine.WakeAt(s.Lane, now)
	f.finished(s.Request, now)
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
