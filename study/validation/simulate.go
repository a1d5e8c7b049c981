package validation

import (
	"cmp"
	"context"
	"io/fs"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

// A Simulator stands in for the engines that were recorded.
type Simulator struct {
	Profiles fs.FS // gpus, models and engines
	Seed     uint64

	// Overhead replaces that of the profiles of engines, if there is one.
	Overhead func(hardware.Deployment) Overhead
}

// What engines take where nobody told.
const (
	defaultSequences = 1024
	defaultBudget    = 8192
	defaultBlockSize = 16
)

// asyncSince is the version from which on an iteration is planned while the one
// before it runs.
const asyncSince = 14

// A trial is a simulation that is ready to run.
type trial struct {
	config   sim.Config
	requests []request     // whose times the simulation fills in
	client   time.Duration // that every reply spends outside the engine
}

// experiment prepares an experiment with the requests that were recorded, or
// without.
func (s *Simulator) experiment(x *Experiment, recorded []request, promptTokens int) (t trial, err error) {
	g := rig{model: x.Model, gpu: x.GPU, precision: x.Precision, engine: x.Engine, version: x.Version}
	g.spec = hardware.Spec{TensorParallel: &x.Tensor, Replicas: &x.Data, KVBlocks: &x.Blocks}
	if x.MemoryUtilization > 0 {
		g.spec.MemoryUtilization = &x.MemoryUtilization
	}
	if x.MaxModelLen > 0 {
		g.spec.MaxModelLen = &x.MaxModelLen
	}
	if t, err = s.open(g, limits{x.MaxSequences, x.TokenBudget, x.BlockSize}); err != nil {
		return t, err
	}
	c := &t.config
	c.MaxInFlight, c.Timeout, c.CachePrefixes = x.MaxInFlight, x.Timeout, x.PrefixCaching
	t.requests = plan(x, promptTokens, s.Seed)
	if recorded != nil {
		t.requests = replay(recorded)
	}
	c.Source = &playback{requests: t.requests, sharing: x.Sharing, prefixes: map[int]*workloads.Prefix{}}
	return t, nil
}

// replay returns recorded requests without what became of them.
func replay(recorded []request) []request {
	all := make([]request, len(recorded))
	for i, r := range recorded {
		r.ttft, r.e2e, r.failed = 0, 0, false
		all[i] = r
	}
	return all
}

// point prepares a closed loop.
func (s *Simulator) point(p *Point) (t trial, err error) {
	g := rig{model: p.Model, gpu: p.GPU, precision: p.Precision, engine: p.Engine, version: p.Version}
	g.spec = hardware.Spec{TensorParallel: &p.Tensor, ExpertParallel: &p.Expert}
	if t, err = s.open(g, limits{}); err != nil {
		return t, err
	}
	l := newLoop(p, s.Seed)
	t.requests, t.config.Source = l.requests, l
	return t, nil
}

// limits bound the batches of an engine; those that are 0 have their default.
type limits struct{ sequences, budget, blockSize int }

// open prepares a cluster without its clients.
func (s *Simulator) open(g rig, l limits) (t trial, err error) {
	d, err := g.open(s.Profiles)
	if err != nil {
		return t, err
	}
	kind, err := scheduler.Lookup(g.policy())
	if err != nil {
		return t, err
	}
	c := &t.config
	*c = sim.Config{
		Replicas: d.Replicas, Router: new(scheduler.RoundRobin), Async: kind.Async && minor(g.version) >= asyncSince,
		BlockSize: cmp.Or(l.blockSize, defaultBlockSize), MaxSequences: cmp.Or(l.sequences, defaultSequences),
		MaxModelLen: d.MaxModelLen, MaxOutputTokens: d.MaxModelLen,
	}
	budget := cmp.Or(l.budget, defaultBudget)
	c.Policy = func() scheduler.Policy {
		return kind.New(scheduler.Limits{TokenBudget: budget, LongestChunk: budget})
	}
	if c.Blocks, err = d.KVBlocks(c.BlockSize); err != nil {
		return t, err
	}
	t.client, c.Cost, err = s.cost(d)
	return t, err
}

func (s *Simulator) cost(d hardware.Deployment) (client time.Duration, cost hardware.CostModel, err error) {
	if s.Overhead == nil {
		cost, err = d.CostModel()
		return defaultClient, cost, err
	}
	o := s.Overhead(d)
	d.Engine = hardware.Engine{}
	cost, err = d.CostModel()
	return o.Client, o.over(cost), err
}

// run runs the trial and returns the preemptions there were.
func (t *trial) run(ctx context.Context) (preemptions int, err error) {
	r := &recorder{trial: t}
	t.config.Recorder = r
	err = sim.Run(ctx, t.config)
	return r.preemptions, err
}

// A recorder notes what becomes of the requests of a trial.
type recorder struct {
	*trial
	preemptions int
}

// Iteration implements metrics.Recorder.
func (r *recorder) Iteration(*metrics.Iteration) {}

// Finished implements metrics.Recorder.
func (r *recorder) Finished(c *metrics.Completion) {
	q := &r.requests[c.Request.ID]
	r.preemptions += c.Preemptions
	q.arrival = c.Request.Arrival // one that was held back is sent only then
	if c.Outcome != metrics.Finished {
		q.failed = true
		return
	}
	q.ttft, q.e2e = c.First()-q.arrival+r.client, c.Last()-q.arrival+r.client
}
