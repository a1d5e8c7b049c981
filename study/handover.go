package study

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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

// Validate reports the first key that is out of its range.
func (h Handover) Validate() error {
	if _, err := scheduler.LookupRouter(cmp.Or(h.Router, defaultHandoverRouter)); err != nil {
		return at("handover.router", errors.New(strings.TrimPrefix(err.Error(), "router.policy: ")))
	}
	if b := h.BandwidthGBps; b != nil && (finite(*b) == nil || *b < 0) {
		return at("handover.bandwidth_gbps", fmt.Errorf("%v (must be a finite number, 0 being no limit)", *b))
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

// Link returns how replicas of the first pool send KV caches.
func (p *Plan) Link() sim.Link { return p.Experiment.Handover.link(&p.Deployment) }

// sim returns the table as the simulator takes it.
func (h Handover) sim(random *rand.Rand) (sim.Handover, error) {
	k, err := scheduler.LookupRouter(h.Router)
	if err != nil {
		return sim.Handover{}, err
	}
	return sim.Handover{Router: k.New(scheduler.RouterSpec{Policy: h.Router}, random), LocalBelow: h.MinPrompt}, nil
}
