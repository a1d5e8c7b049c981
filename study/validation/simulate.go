package validation

import (
	"cmp"
	"context"
	"io/fs"
	"strings"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/study"
	"metronome/workloads"
)

// A Simulator stands in for the engines that were recorded.
type Simulator struct {
	Profiles fs.FS // gpus, models and engines
	Seed     uint64

	// Engine may change the profile of an engine, GPU that of a GPU; nil leaves all
	// as they are.
	Engine func(*hardware.Engine)
	GPU    func(*hardware.GPU)
}

const defaultBlockSize = 16

// fill sets the limits that nobody told to what servers of vLLM take on a GPU: more
// where its memory is large, but for the A100.
func (l limits) fill(g *hardware.GPU) limits {
	sequences, budget := 256, 2048
	if g.MemoryGiB >= 70 && !strings.HasPrefix(g.Name, "a100") {
		sequences, budget = 1024, 8192
	}
	return limits{cmp.Or(l.sequences, sequences), cmp.Or(l.budget, budget), cmp.Or(l.blockSize, defaultBlockSize), l.unchunked}
}

// A trial is a simulation that is ready to run.
type trial struct {
	config   sim.Config
	requests []request // whose times the simulation fills in
	engine   hardware.Engine
	inside   bool // latencies were noted inside the engine, without HTTP and tokeniser
}

// experiment prepares an experiment with the requests that were recorded, or
// without.
func (s *Simulator) experiment(x *Experiment, g rig, recorded []request, promptTokens int) (t trial, err error) {
	if t, err = s.open(g, limits{x.MaxSequences, x.TokenBudget, x.BlockSize, x.Unchunked}); err != nil {
		return t, err
	}
	c := &t.config
	c.MaxInFlight, c.Timeout, c.Pools[0].CachePrefixes = x.MaxInFlight, x.Timeout, x.PrefixCaching
	if !x.PrefixCaching {
		c.Pools[0].Host = sim.Host{}
	}
	if t.requests = replay(recorded); recorded == nil {
		t.requests = plan(x, promptTokens, s.Seed)
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
	g := rig{model: p.Model, gpu: p.GPU, precision: p.Precision, engine: p.Engine, version: p.Version, greedy: true}
	g.spec = hardware.Spec{TensorParallel: &p.Tensor, ExpertParallel: &p.Expert}
	if t, err = s.open(g, limits{}); err != nil {
		return t, err
	}
	l := newLoop(p, s.Seed)
	t.requests, t.config.Source = l.requests, l
	return t, nil
}

// limits bound the batches of an engine; those that are 0 have their default.
type limits struct {
	sequences, budget, blockSize int
	unchunked                    bool // prompts are computed whole
}

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
	if l = l.fill(&d.GPU); l.unchunked {
		l.budget = max(l.budget, d.MaxModelLen) // as the engine insists
	}
	t.config = sim.Config{Router: new(scheduler.RoundRobin), Pools: make([]sim.Pool, 1)}
	c := &t.config.Pools[0]
	*c = sim.Pool{
		Replicas: d.Replicas, Async: kind.Async && d.Engine.Async,
		BlockSize: l.blockSize, MaxSequences: l.sequences, Pipeline: d.Pipeline,
		MaxModelLen: d.MaxModelLen, MaxOutputTokens: d.MaxModelLen,
	}
	c.Policy = func() scheduler.Policy {
		p := kind.New(scheduler.Limits{TokenBudget: l.budget, LongestChunk: l.budget})
		if v, ok := p.(*scheduler.VLLM); ok {
			v.Chunked = !l.unchunked
		}
		return p
	}
	if c.Blocks, err = d.KVBlocks(c.BlockSize); err != nil {
		return t, err
	}
	if kind.Offloads && d.OffloadGiB > 0 {
		c.Host = study.Host(&d, c.BlockSize)
	}
	if g.greedy {
		d.Model.TopP, d.Model.Penalty = false, false
	}
	if s.Engine != nil {
		s.Engine(&d.Engine)
	}
	if s.GPU != nil {
		s.GPU(&d.GPU)
	}
	t.engine = d.Engine
	c.Cost, err = d.CostModel()
	return t, err
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
	delay := time.Duration(0)
	if !r.inside {
		delay = r.engine.RequestDelay(q.promptTokens)
	}
	q.ttft, q.e2e = c.First()-q.arrival+delay, c.Last()-q.arrival+delay
}
