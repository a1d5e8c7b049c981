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
	return newFeed(c).run(ctx)
}

// run serves all requests of the source.
func (f *feed) run(ctx context.Context) error {
	f.begin()
	if err := f.engine.Run(ctx); err != nil {
		return err
	}
	if f.inFlight > 0 {
		return fmt.Errorf("sim: the policy has stalled with %d requests in flight; first replica: %v", f.inFlight, f.lanes[0][0].batch)
	}
	return nil
}

// begin draws the first request.
func (f *feed) begin() {
	f.next, f.more = f.source.Next()
	f.engine.WakeAt(feedActor, f.nextArrival())
}

// newFeed builds the clients and the cluster on an engine where nobody acts yet.
func newFeed(c Config) *feed {
	f := &feed{
		record: c.Recorder, due: c.FirstDeadline, gap: c.TBT, admission: newAdmission(c.Admission), retries: c.Faults.Retries,
		engine: new(Engine), source: c.Source, limit: c.MaxInFlight, timeout: c.Timeout, localBelow: c.Handover.LocalBelow,
		prompts: tier{router: c.Router, staleness: c.Staleness}, decodes: tier{router: c.Handover.Router, staleness: c.Staleness},
	}
	if c.Admission.Deadlines {
		f.prompts.pace, f.decodes.pace = new(pace), new(pace)
	}
	f.clients, _ = c.Source.(workloads.Conversation)
	f.learner, _ = c.Router.(scheduler.Learner)
	f.transfers, _ = c.Recorder.(metrics.TransferObserver)
	f.standings, _ = c.Recorder.(metrics.StandingObserver)
	f.engine.Add(f)
	f.build(c)
	f.agenda.feed, f.agenda.actor = f, f.engine.Add(&f.agenda)
	f.unsettle(c)
	return f
}

// build adds the replicas of all pools, those that take prompts first.
func (f *feed) build(c Config) {
	all, prompts := 0, 0
	for _, p := range c.Pools {
		all += p.Replicas
		if p.Role != Decode {
			prompts += p.Replicas
		}
	}
	f.loads = make([]scheduler.Load, all)
	for _, decode := range []bool{false, true} {
		for i, p := range c.Pools {
			if (p.Role == Decode) == decode {
				f.addPool(c, p, i)
			}
		}
	}
	f.prompts.lanes, f.decodes.lanes = f.lanes[:prompts], f.lanes[prompts:]
	f.prompts.loads, f.decodes.loads = f.loads[:prompts:prompts], f.loads[prompts:]
	f.prompts.attend()
	f.decodes.attend()
}

// unsettle makes the cluster one whose replicas come and go.
func (f *feed) unsettle(c Config) {
	f.fleets, _ = c.Recorder.(metrics.FleetObserver)
	for _, s := range f.scalers {
		s.begin()
	}
	c.Faults.plan(f)
}

// addPool adds the replicas of pool number i.
func (f *feed) addPool(c Config, p Pool, i int) {
	t := &f.prompts
	if p.Role == Decode {
		t = &f.decodes
	}
	var first []*Replica // lane of each
	for n := range p.Replicas {
		lanes := f.newLanes(c, p)
		at := &status{tier: t, place: t.up}
		t.up++
		for lane, r := range lanes {
			r.status, r.pace = at, t.pace
			r.iteration = metrics.Iteration{Pool: i, Replica: len(f.lanes), Lane: lane, TotalBlocks: p.Blocks, Deeds: r.deeds}
		}
		if n == 0 {
			t.kinds = append(t.kinds, lanes[0])
		}
		first = append(first, lanes[0])
		f.lanes = append(f.lanes, lanes)
	}
	if p.Scaling != nil {
		f.scalers = append(f.scalers, &scaler{Scaling: *p.Scaling, feed: f, replicas: first, slots: p.MaxSequences})
	}
}

// newLanes returns the next replica: one lane for each stage of its pipeline, so
// that every stage has a batch to work on. The lanes share the KV cache.
func (f *feed) newLanes(c Config, p Pool) []*Replica {
	load := &f.loads[len(f.lanes)]
	cache := scheduler.NewCache(p.Blocks, p.BlockSize)
	*load = scheduler.Load{Blocks: p.Blocks, Cache: cache}
	if p.CachePrefixes {
		cache.KeepPrefixes()
		cache.Offload(p.Host.Blocks)
	}
	stages := max(p.Pipeline, 1)
	var shared *pipeline
	if stages > 1 {
		shared = &pipeline{free: make([]time.Duration, stages)}
	}
	slots := (p.MaxSequences + stages - 1) / stages
	lanes, port := make([]*Replica, stages), &port{Link: p.Link}
	for i := range lanes {
		r := newReplica(p, scheduler.NewBatch(cache, slots))
		r.record = c.Recorder
		r.feed, r.load, r.pipeline, r.port, r.lanes = f, load, shared, port, lanes
		r.actor = f.engine.Add(r)
		lanes[i] = r
	}
	return lanes
}

func newReplica(p Pool, b *scheduler.Batch) *Replica {
	if p.Async {
		b.Queue()
	}
	policy := p.Policy()
	refuser, _ := policy.(scheduler.Refuser)
	return &Replica{
		role: p.Role, policy: policy, refuser: refuser, newPolicy: p.Policy, batch: b, queued: p.Async, host: p.Host, cost: p.Cost, atBest: p.Cost,
		limits: replyLimits{modelLen: p.MaxModelLen, output: p.MaxOutputTokens},
	}
}
