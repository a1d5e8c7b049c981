package sim

import (
	"context"
	"fmt"

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
		return fmt.Errorf("sim: the policy has stalled with %d requests in flight; first replica: %v", f.inFlight, f.replicas[0].batch)
	}
	return nil
}

// newFeed builds the clients and the cluster on an engine that is ready to run.
func newFeed(c Config) *feed {
	f := &feed{
		engine: new(Engine), source: c.Source, router: c.Router, limit: c.MaxInFlight, timeout: c.Timeout,
		loads: make([]scheduler.Load, c.Replicas),
	}
	f.clients, _ = c.Source.(workloads.Conversation)
	f.engine.Add(f)
	for i := range c.Replicas {
		r := newReplica(c, f, i)
		f.replicas = append(f.replicas, r)
		f.engine.Add(r)
	}
	f.next, f.more = f.source.Next()
	f.engine.WakeAt(feedActor, f.nextArrival())
	return f
}

func newReplica(c Config, f *feed, i int) *Replica {
	p := c.Policy()
	refuser, _ := p.(scheduler.Refuser)
	f.loads[i].Blocks = c.Blocks
	b := scheduler.NewBatch(c.Blocks, c.BlockSize, c.MaxSequences)
	if c.CachePrefixes {
		b.CachePrefixes()
	}
	if c.Async {
		b.Queue()
	}
	return &Replica{
		policy: p, refuser: refuser, batch: b, queued: c.Async,
		cost: c.Cost, record: c.Recorder, feed: f, load: &f.loads[i], due: c.FirstDeadline,
		limits:    replyLimits{modelLen: c.MaxModelLen, output: c.MaxOutputTokens},
		iteration: metrics.Iteration{Replica: i, TotalBlocks: c.Blocks},
	}
}
