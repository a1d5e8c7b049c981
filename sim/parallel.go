package sim

import (
	"cmp"
	"context"
	"sync"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// coupled reports whether what happens on one replica can matter to another.
func (c Config) coupled() bool {
	blind, _ := c.Router.(scheduler.Blind)
	_, talks := c.Source.(workloads.Conversation)
	return blind == nil || !blind.Blind() || talks || c.MaxInFlight > 0 || c.Handover.Router != nil || c.unsettled()
}

// RunParallel is Run with one engine for each replica, where nothing couples them,
// and else with one for all. As many engines work at once as there are recorders.
// Whatever a replica reports is in its order, but all that comes between two chunks
// of its requests goes to any recorder: together they are shown what the recorder of
// Run is. The recorder of the configuration is not used.
func RunParallel(ctx context.Context, c Config, recorders []metrics.Recorder) error {
	c.Recorder = nil
	if len(recorders) > 0 {
		c.Recorder = recorders[0]
	}
	if err := c.Validate(); err != nil {
		return err
	}
	if c.coupled() {
		return newFeed(c).run(ctx)
	}
	free := make(chan metrics.Recorder, len(recorders))
	for _, r := range recorders {
		free <- r
	}
	shards := c.shards(free)
	errs := make([]error, len(shards))
	var all sync.WaitGroup
	for i, s := range shards {
		all.Go(func() { errs[i] = s.run(ctx) })
	}
	deal(ctx, c.Source, c.Router, shards)
	all.Wait()
	if err := cmp.Or(errs...); err != nil {
		return err
	}
	return context.Cause(ctx) // if it is done, requests may be left
}

// A shard is a replica with an engine of its own. Of its requests there are three
// chunks at most: one is dealt, one waits and one is served. So no shard is far ahead,
// and who puts what they report in order does not have to hold much.
type shard struct {
	*feed
	requests chan []workloads.Request
	dealt    []workloads.Request // the next chunk
	served   bool                // since the last reminder
	chunk    []workloads.Request // to be served next
	turn     turn
	done     <-chan struct{} // of the run's context
}

// A turn is the recorder that a shard has while it works. Shards that have none wait.
type turn struct {
	metrics.Recorder
	free chan metrics.Recorder // those that nobody has
}

func (t *turn) begin() { t.Recorder = <-t.free }
func (t *turn) end()   { t.free <- t.Recorder }

// Transfer implements metrics.TransferObserver: a replica may fetch from its host.
func (t *turn) Transfer(x *metrics.Transfer) { metrics.Tee{t.Recorder}.Transfer(x) }

// shards returns a shard for each replica.
func (c Config) shards(free chan metrics.Recorder) (all []*shard) {
	one := c
	one.Source = silence{}
	for i, p := range c.Pools {
		p.Replicas = 1
		one.Pools = []Pool{p}
		for range c.Pools[i].Replicas {
			s := &shard{requests: make(chan []workloads.Request, 1)}
			s.turn.free = free
			one.Recorder, one.Router = &s.turn, new(scheduler.RoundRobin)
			s.feed = newFeed(one)
			s.feed.source = s
			for _, lane := range s.lanes[0] {
				lane.iteration.Pool, lane.iteration.Replica = i, len(all)
			}
			all = append(all, s)
		}
	}
	return all
}

// run serves the requests that are dealt to the shard.
func (s *shard) run(ctx context.Context) error {
	s.done = ctx.Done()
	s.turn.begin()
	defer s.turn.end()
	return s.feed.run(ctx)
}

// Next implements workloads.Source. After each chunk, other shards work.
func (s *shard) Next() (workloads.Request, bool) {
	if len(s.chunk) == 0 && !s.refill() {
		return workloads.Request{}, false
	}
	r := s.chunk[0]
	s.chunk = s.chunk[1:]
	return r, true
}

// refill waits for the next chunk, and returns false if there is none. Whoever waits
// for a recorder goes first, even if the next chunk is there: so no shard is left behind.
func (s *shard) refill() bool {
	s.turn.end()
	select {
	case s.chunk = <-s.requests:
	case <-s.done:
	}
	s.turn.begin()
	return len(s.chunk) > 0
}

// Requests are dealt in chunks: large enough for what handing them over costs to be
// of no account, and small enough for all of them to fit the memory.
const (
	leastChunk = 16 // requests
	mostChunk  = 256
	allChunks  = 1 << 14 // one for each shard
)

// chunk returns the requests of a chunk for so many shards.
func chunk(shards int) int { return min(max(allChunks/shards, leastChunk), mostChunk) }

// deal draws all requests, routes them and deals them to the shards, until ctx is done.
// After every other round, in which each shard could have got a chunk, those that got
// none are told how far time has come: none of their requests waits for another.
func deal(ctx context.Context, source workloads.Source, router scheduler.Router, shards []*shard) {
	loads := make([]scheduler.Load, len(shards)) // nobody looks at them
	size, drawn := chunk(len(shards)), 0
	for r, ok := source.Next(); ok && ctx.Err() == nil; r, ok = source.Next() {
		s := shards[router.Route(r, loads)]
		if s.dealt = append(s.dealt, r); len(s.dealt) == size {
			s.hand(ctx)
		}
		if drawn++; drawn == 2*size*len(shards) {
			drawn = 0
			for _, s := range shards {
				s.remind(ctx, r.Arrival)
			}
		}
	}
	for _, s := range shards {
		if len(s.dealt) > 0 {
			s.hand(ctx)
		}
		close(s.requests)
	}
}

// nobody is the number of a request that is none, but tells that no other arrives before.
const nobody = -1

// remind hands over what there is if nothing was handed over since the last time.
func (s *shard) remind(ctx context.Context, now time.Duration) {
	if !s.served {
		s.dealt = append(s.dealt, workloads.Request{ID: nobody, Arrival: now})
		s.hand(ctx)
	}
	s.served = false
}

// hand hands over the next chunk.
func (s *shard) hand(ctx context.Context) {
	select {
	case s.requests <- s.dealt:
	case <-ctx.Done():
	}
	s.dealt = make([]workloads.Request, 0, cap(s.dealt))
	s.served = true
}
