package sim

import (
	"context"
	"fmt"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// Run serves the requests of a source until the cluster is done with all of
// them, or ctx is done. It reports every iteration and every request to the
// recorder. A policy that leaves a request unserved for ever is an error.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	f := newFeed(c)
	if err := f.engine.Run(ctx); err != nil {
		return err
	}
	if f.inFlight > 0 {
		return fmt.Errorf("sim: the policy has stalled with %d requests in flight; first replica: %v", f.inFlight, f.lanes[0][0].batch)
	}
	return nil
}

// newFeed builds the clients and the cluster on an engine that is ready to run.
func newFeed(c Config) *feed {
	f := &feed{
		engine: new(Engine), source: c.Source, router: c.Router, limit: c.MaxInFlight, timeout: c.Timeout,
		loads: make([]scheduler.Load, c.Replicas), staleness: c.Staleness, lanes: make([][]*Replica, c.Replicas),
	}
	f.clients, _ = c.Source.(workloads.Conversation)
	f.engine.Add(f)
	for i := range c.Replicas {
		f.lanes[i] = newLanes(c, f, i)
	}
	f.next, f.more = f.source.Next()
	f.engine.WakeAt(feedActor, f.nextArrival())
	return f
}

// newLanes returns replica i: one lane for each stage of its pipeline, so that
// every stage has a batch to work on. The lanes share the KV cache.
func newLanes(c Config, f *feed, i int) []*Replica {
	cache := scheduler.NewCache(c.Blocks, c.BlockSize)
	f.loads[i] = scheduler.Load{Blocks: c.Blocks, Cache: cache}
	if c.CachePrefixes {
		cache.KeepPrefixes()
	}
	stages := max(c.Pipeline, 1)
	var shared *pipeline
	if stages > 1 {
		shared = &pipeline{free: make([]time.Duration, stages)}
	}
	slots := (c.MaxSequences + stages - 1) / stages
	var lanes []*Replica
	for lane := range stages {
		r := newReplica(c, scheduler.NewBatch(cache, slots))
		r.feed, r.load, r.pipeline = f, &f.loads[i], shared
		r.iteration.Replica, r.iteration.Lane = i, lane
		r.actor = f.engine.Add(r)
		lanes = append(lanes, r)
	}
	for _, r := range lanes {
		r.lanes = lanes
	}
	return lanes
}

func newReplica(c Config, b *scheduler.Batch) *Replica {
	if c.Async {
		b.Queue()
	}
	p := c.Policy()
	refuser, _ := p.(scheduler.Refuser)
	return &Replica{
		policy: p, refuser: refuser, batch: b, queued: c.Async,
		cost: c.Cost, record: c.Recorder, due: c.FirstDeadline,
		limits:    replyLimits{modelLen: c.MaxModelLen, output: c.MaxOutputTokens},
		iteration: metrics.Iteration{TotalBlocks: c.Blocks},
	}
}
