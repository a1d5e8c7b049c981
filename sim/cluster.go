package sim

import (
	"container/heap"
	"math"
	"slices"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A Cluster is a cluster whose clients and whose clock are outside: requests are
// submitted when they come, and it acts when it is told to. It serves one goroutine.
type Cluster struct{ feed *feed }

// NewCluster returns a cluster that has nothing to do yet. Source, MaxInFlight and
// Timeout of the configuration are the business of its clients, and are not read.
func NewCluster(c Config) (*Cluster, error) {
	c.Source, c.MaxInFlight, c.Timeout = silence{}, 0, math.MaxInt64/2
	if err := c.Validate(); err != nil {
		return nil, err
	}
	f := newFeed(c)
	f.endless = true
	return &Cluster{f}, nil
}

// silence is a source without requests.
type silence struct{}

func (silence) Next() (workloads.Request, bool) { return workloads.Request{}, false }

// Submit hands over a request that arrives at r.Arrival, which must not be before
// the latest Step. Numbers of requests must ascend.
func (c *Cluster) Submit(r workloads.Request) {
	heap.Push(&c.feed.followUps, r)
	c.feed.engine.WakeAt(feedActor, r.Arrival)
}

// Cancel lets the client of a request give up at a time, which must not be before
// the latest Step. What is not known, or over, is left alone.
func (c *Cluster) Cancel(id int, now time.Duration) {
	f := c.feed
	if i := slices.IndexFunc(f.followUps, func(r workloads.Request) bool { return r.ID == id }); i >= 0 {
		heap.Remove(&f.followUps, i)
		return
	}
	i, known := slices.BinarySearchFunc(f.awaited, id, func(a awaited, id int) int { return a.id - id })
	if !known || f.awaited[i].over() || f.awaited[i].seq.Aborted {
		return
	}
	f.abort(f.awaited[i].seq, now)
}

// Next returns when the cluster acts next, Never if it has nothing to do.
func (c *Cluster) Next() time.Duration { return c.feed.engine.next() }

// Step lets the cluster act once, at Next.
func (c *Cluster) Step() { c.feed.engine.step() }

// Loads returns the load of each replica, kept in place by the cluster.
func (c *Cluster) Loads() []scheduler.Load { return c.feed.loads }

// Progress calls yield for every request in the lane of an iteration that has output
// tokens and is not done, with their number. It is to be called while the iteration is
// being reported, and costs as much as there are sequences in the lane.
func (c *Cluster) Progress(it *metrics.Iteration, yield func(id, tokens int)) {
	b := c.feed.lanes[it.Replica][it.Lane].batch
	for s := range b.Members {
		if s.Remaining() == 0 {
			yield(s.ID, b.Context(s)-s.PromptTokens+1) // the last one is not cached
		}
	}
}

// next returns the earliest wake-up of any actor.
func (e *Engine) next() time.Duration { return e.at[e.heap[0]] }

// step wakes the actor whose turn it is, which must not go on by itself.
func (e *Engine) step() {
	id := e.heap[0]
	now := e.at[id]
	e.at[id] = Never
	e.down(0)
	e.WakeAt(id, e.actors[id].Wake(now, now))
}
