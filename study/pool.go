package study

import (
	"fmt"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
)

// A Pool is replicas that are alike, worked out.
type Pool struct {
	Spec       PoolSpec // with the defaults written out
	Deployment hardware.Deployment
	Policy     scheduler.Kind
	Blocks     int      // of the KV cache of a replica
	Host       sim.Host // the second tier of it

	cost  hardware.CostModel
	named bool // its engine is, by the experiment
}

// newPool works a pool out.
func newPool(s PoolSpec, o Options) (*Pool, error) {
	p := &Pool{Spec: s}
	if err := p.deploy(o); err != nil {
		return nil, err
	}
	return p, p.schedule()
}

// deploy opens the profiles.
func (p *Pool) deploy(o Options) (err error) {
	x := &p.Spec
	p.named = x.Engine != ""
	if p.Deployment, err = hardware.Open(o.Profiles, x.Spec); err != nil {
		return err
	}
	if p.cost, err = p.Deployment.CostModel(); err != nil {
		return err
	}
	x.Spec, err = x.Spec.Resolve()
	if err == nil {
		x.Scaling, err = x.Scaling.resolve(p.Deployment.Replicas)
	}
	x.Precision, x.KVPrecision = p.Deployment.Precision, p.Deployment.KVPrecision
	return err
}

// schedule resolves the policy and divides the memory. Where the user asks for
// no length, the model takes what its context and the cache both hold.
func (p *Pool) schedule() (err error) {
	x := &p.Spec
	written, context := x.Scheduler.Spec, p.Deployment.MaxModelLen
	if x.Scheduler.Spec, p.Policy, err = written.Resolve(context); err != nil {
		return err
	}
	if ahead := p.named && p.Deployment.Engine.Async && p.Policy.Async; written.Async == nil {
		written.Async = &ahead
	}
	if x.Role == sim.Decode && !p.Policy.Imports {
		return fmt.Errorf("scheduler.policy: %q (serves no decode pool: it knows only sequences that it has admitted)", p.Policy.Name)
	}
	block := *x.Scheduler.BlockSize
	if p.Blocks, err = p.Deployment.KVBlocks(block); err != nil {
		return err
	}
	if err := p.offload(block); err != nil {
		return err
	}
	if x.MaxModelLen == nil {
		context = min(context, p.Blocks*block)
		x.MaxModelLen = &context
		p.Deployment.MaxModelLen = context
	}
	x.Scheduler.Spec, p.Policy, err = written.Resolve(context)
	return err
}

// offload sizes the second tier of the KV cache.
func (p *Pool) offload(block int) error {
	p.Host = Host(&p.Deployment, block)
	switch x := &p.Spec.Scheduler; {
	case p.Deployment.OffloadGiB == 0:
	case !p.Policy.Offloads:
		return fmt.Errorf("deployment.kv_offload_gib: %v (the policy %q does not wait for the host)", p.Deployment.OffloadGiB, p.Policy.Name)
	case !x.PrefixCaching:
		return fmt.Errorf("deployment.kv_offload_gib: %v (needs scheduler.prefix_caching = true)", p.Deployment.OffloadGiB)
	case p.Host.Blocks == 0:
		return fmt.Errorf("deployment.kv_offload_gib: %v (holds no KV block)", p.Deployment.OffloadGiB)
	}
	return nil
}

// sim returns the pool as the simulator takes it.
func (p *Pool) sim(e *Experiment) sim.Pool {
	x := p.Spec.Scheduler
	limits := x.Limits()
	limits.Cost, limits.TBT, limits.Weights = p.cost, e.tightest(), e.weights()
	limits.NoReset = e.SLO.Index == metrics.NoReset
	return sim.Pool{
		Role:            p.Spec.Role,
		Replicas:        p.Most(),
		Scaling:         p.Spec.Scaling.sim(p.Deployment.Replicas),
		Policy:          x.policies(p.Policy, limits),
		Async:           *x.Async,
		Cost:            p.cost,
		Pipeline:        p.Deployment.Pipeline,
		Blocks:          p.Blocks,
		BlockSize:       *x.BlockSize,
		CachePrefixes:   x.PrefixCaching,
		Host:            p.Host,
		MaxSequences:    *x.MaxSequences,
		MaxModelLen:     p.Deployment.MaxModelLen,
		MaxOutputTokens: *x.MaxOutputTokens,
		Link:            e.Handover.link(&p.Deployment),
	}
}

// Host returns the second tier of a replica's KV cache. Its GPUs get their shares at
// the same time.
func Host(d *hardware.Deployment, blockSize int) (h sim.Host) {
	h.Blocks, h.BytesPerToken = d.OffloadBlocks(blockSize), d.KVBytesPerToken()
	h.BytesPerSecond, h.Latency = d.HostLink()
	return h
}

// metrics returns what metrics must be told of the pool.
func (p *Pool) metrics() metrics.Pool {
	m := metrics.Pool{Name: p.Spec.Name, Role: p.Spec.Role.String(), Replicas: p.Deployment.Replicas, GPUs: p.GPUs(), Stages: p.Deployment.Pipeline}
	if power, known := p.Deployment.Energy(); known {
		m.Power = &power
	}
	if price, known := p.Deployment.PricePerHour(); known {
		m.PricePerHour = price * float64(p.Deployment.Replicas)
	}
	return m
}

// GPUs returns the number of GPUs of the pool.
func (p *Pool) GPUs() int { return p.Deployment.GPUs() * p.Deployment.Replicas }
