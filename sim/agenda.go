package sim

import (
	"container/heap"
	"time"
)

// An agenda is an actor: what is to become of replicas, in order of time. It is the
// last actor, so that what ends at the time of a crash has ended.
type agenda struct {
	feed  *feed
	actor int
	items items
	added int
}

// An item is something to do.
type item struct {
	at    time.Duration
	order int // of those at the same time
	do    func(now time.Duration)
}

// add puts something on the agenda.
func (a *agenda) add(at time.Duration, do func(now time.Duration)) {
	a.added++
	heap.Push(&a.items, item{at, a.added, do})
	a.feed.engine.WakeAt(a.actor, at)
}

// Wake implements Actor. What is left when there are no requests any more is not
// done, nor when those that there are wait on replicas that will never act.
func (a *agenda) Wake(now, until time.Duration) time.Duration {
	if until == Never && a.feed.inFlight > 0 && len(a.feed.prompts.door)+len(a.feed.decodes.door) == 0 {
		return Never
	}
	for len(a.items) > 0 && !a.feed.done() {
		if a.items[0].at > now {
			return a.items[0].at
		}
		heap.Pop(&a.items).(item).do(now)
	}
	return Never
}

// done reports whether no request is in the cluster, nor will be.
func (f *feed) done() bool { return f.inFlight == 0 && f.nextArrival() == Never && !f.endless }

type items []item

func (s items) Len() int { return len(s) }
func (s items) Less(i, j int) bool {
	if s[i].at != s[j].at {
		return s[i].at < s[j].at
	}
	return s[i].order < s[j].order
}
func (s items) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)   { *s = append(*s, x.(item)) }
func (s *items) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	(*s)[last] = item{}
	*s = (*s)[:last]
	return x
}
