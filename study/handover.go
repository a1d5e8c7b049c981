package study

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/sim"
)

// A Handover is the [handover] table: how requests get from prefill pools to decode
// pools.
type Handover struct {
	Router        string         `toml:"router,omitempty"`         // to the replicas of decode pools
	BandwidthGBps *float64       `toml:"bandwidth_gbps,omitempty"` // of a GPU's link, 1e9 bytes per second; the network's of its profile if not written
	Latency       *time.Duration `toml:"latency,omitempty"`        // until a transfer begins
	MinPrompt     int            `toml:"min_prompt,omitempty"`     // shorter prompts stay with a decode pool from the start, tokens
}

// defaultHandoverRouter sends a request where there is most room.
const defaultHandoverRouter = "least-kv"

// leastBandwidth is that of a slow disk, in GB/s: clocks do not hold the time that all KV
// caches of a run take at far less.
const leastBandwidth = 0.001

// Validate reports the first key that is out of its range.
func (h Handover) Validate() error {
	k, err := scheduler.LookupRouter(cmp.Or(h.Router, defaultHandoverRouter))
	if err != nil {
		return at("handover.router", untabled(err))
	}
	if _, learns := k.New(scheduler.RouterSpec{}, nil).(scheduler.Learner); learns {
		return at("handover.router", fmt.Errorf("%q (must not learn from answers, which are the same wherever they are decoded)", h.Router))
	}
	if b := h.BandwidthGBps; b != nil && *b != 0 && !(*b >= leastBandwidth && *b <= math.MaxInt32) {
		return at("handover.bandwidth_gbps", fmt.Errorf("%v (must be %v or more, or 0 for no limit)", *b, leastBandwidth))
	}
	if l := h.Latency; l != nil && *l < 0 {
		return at("handover.latency", fmt.Errorf("%v (must not be negative)", *l))
	}
	if h.MinPrompt < 0 {
		return at("handover.min_prompt", fmt.Errorf("%d (must not be negative)", h.MinPrompt))
	}
	return nil
}

// validateHandover reports what is wrong with the table, and that nobody hands over.
func (e *Experiment) validateHandover() error {
	decodes := slices.ContainsFunc(e.Pools, func(p PoolSpec) bool { return p.Role == sim.Decode })
	if !decodes && e.Handover != (Handover{}) {
		return about("handover", errors.New("handover: without pools of the roles prefill and decode (must be left out)"))
	}
	return e.Handover.Validate()
}

// alike reports the first pool with a role that cannot use the KV caches of the others.
func (p *Plan) alike() error {
	var first *Pool // with a role
	for i, pool := range p.Pools {
		if pool.Spec.Role == sim.Whole {
			continue
		}
		if first == nil {
			first = pool
		}
		for _, shared := range []struct{ key, own, want string }{
			{"model", pool.Deployment.Model.Name, first.Deployment.Model.Name},
			{"kv_precision", string(pool.Deployment.KVPrecision), string(first.Deployment.KVPrecision)},
		} {
			if shared.own != shared.want {
				key := fmt.Sprintf("pool.%d.%s", i, shared.key)
				return at(key, fmt.Errorf("%s (must be %s as of the pool %s, to share its KV caches)", shared.own, shared.want, first.Spec.Name))
			}
		}
	}
	return nil
}

// resolve fills in what no profile decides.
func (h Handover) resolve() Handover {
	h.Router = cmp.Or(h.Router, defaultHandoverRouter)
	return h
}

// link returns how a replica of a deployment sends and receives KV caches. All its
// GPUs do so at once, each its own share.
func (h Handover) link(d *hardware.Deployment) sim.Link {
	l := sim.Link{BytesPerToken: d.KVBytesPerToken()}
	l.BytesPerSecond, l.Latency = d.KVLink()
	if h.BandwidthGBps != nil {
		l.BytesPerSecond = *h.BandwidthGBps * 1e9
	}
	if h.Latency != nil {
		l.Latency = *h.Latency
	}
	return l
}

// Link returns how KV caches pass: as the slowest of the pools that send or receive them does.
func (p *Plan) Link() (slowest sim.Link) {
	first := true
	for _, pool := range p.Pools {
		if pool.Spec.Role == sim.Whole {
			continue
		}
		l := p.Experiment.Handover.link(&pool.Deployment)
		slowest.Latency = max(slowest.Latency, l.Latency)
		if first || l.BytesPerSecond > 0 && (slowest.BytesPerSecond == 0 || l.BytesPerSecond < slowest.BytesPerSecond) {
			slowest.BytesPerSecond, slowest.BytesPerToken, first = l.BytesPerSecond, l.BytesPerToken, false
		}
	}
	return slowest
}

// sim returns the table as the simulator takes it.
func (h Handover) sim(random *rand.Rand) (sim.Handover, error) {
	k, err := scheduler.LookupRouter(h.Router)
	if err != nil {
		return sim.Handover{}, err
	}
	return sim.Handover{Router: k.New(scheduler.RouterSpec{Policy: h.Router}, random), LocalBelow: h.MinPrompt}, nil
}
