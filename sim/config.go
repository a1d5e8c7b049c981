package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A Config is a cluster, the requests it serves and who watches. It is used up
// by Run.
type Config struct {
	Source      workloads.Source
	MaxInFlight int           // requests that the clients have under way at once; 0 is no limit
	Timeout     time.Duration // after its arrival, a request is given up by its client; 0 is never

	// Pools are the replicas. They are numbered through, those of pools that take
	// prompts first.
	Pools     []Pool
	Router    scheduler.Router // of arrivals, to the replicas that take prompts
	Staleness time.Duration    // how old the loads may be that routers see
	Handover  Handover         // from prefill pools to decode pools
	Admission Admission        // of arrivals
	Faults    Faults

	// FirstDeadline is D_p, the time a request has for its first token. Nil means
	// that there is no deadline.
	FirstDeadline func(workloads.Request) time.Duration

	// TBT is D_d, the time between two tokens that the client of a request expects, for
	// policies that look at single requests. Nil means that all are as policies were told.
	TBT func(workloads.Request) time.Duration

	Recorder metrics.Recorder
}

// A Pool is replicas that are alike.
type Pool struct {
	Role     Role
	Replicas int
	Policy   func() scheduler.Policy // a new one for each replica
	Async    bool                    // an iteration is planned while the one before it runs
	Cost     hardware.CostModel

	Pipeline int // stages of a replica; 0 is 1

	Blocks          int // of the KV cache of a replica
	BlockSize       int // tokens
	CachePrefixes   bool
	Host            Host
	MaxSequences    int // admitted to a replica at once
	MaxModelLen     int // tokens of a prompt and its reply
	MaxOutputTokens int // of a reply; longer ones are cut there

	Link Link // of a replica to those of other pools

	Scaling *Scaling // nil if all replicas are on all the time
}

// A Role is the part of a request's life that a pool serves.
type Role uint8

// The roles of a pool. Where prompts and replies are computed on different replicas,
// serving is disaggregated (Splitwise, arXiv 2311.18677; DistServe, arXiv 2401.09670).
const (
	Whole   Role = iota
	Prefill      // to the first token
	Decode       // from the second token on
)

var roles = [...]string{Whole: "whole", Prefill: "prefill", Decode: "decode"}

// String returns the word that files use.
func (r Role) String() string { return roles[r] }

// UnmarshalText reads the word that files use.
func (r *Role) UnmarshalText(text []byte) error {
	i := slices.Index(roles[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q (must be whole, prefill or decode)", text)
	}
	*r = Role(i)
	return nil
}

// A Link carries KV caches between replicas, one at a time in each direction.
type Link struct {
	BytesPerSecond float64 // 0 is without limit
	BytesPerToken  float64
	Latency        time.Duration
}

// A Handover is how requests get from prefill pools to decode pools.
type Handover struct {
	Router scheduler.Router // to the replicas of decode pools; nil if there are none

	// LocalBelow is the length of prompts, in tokens, from which they are prefilled
	// in a prefill pool. Shorter ones stay with a decode pool from the start.
	LocalBelow int
}

// Validate reports everything that Run could not work with.
func (c Config) Validate() error {
	errs := []error{
		given("source", c.Source != nil), given("router", c.Router != nil), given("recorder", c.Recorder != nil),
		given("pool", len(c.Pools) > 0), c.validateRoles(),
	}
	replicas := 0
	for _, p := range c.Pools {
		errs = append(errs, p.validate())
		replicas += p.Replicas
	}
	errs = append(errs, c.Admission.validate(), c.Faults.validate(replicas))
	return errors.Join(errs...)
}

func (c Config) validateRoles() error {
	var count [Decode + 1]int
	for _, p := range c.Pools {
		count[p.Role]++
	}
	if (count[Prefill] > 0) != (count[Decode] > 0) {
		return fmt.Errorf("sim: %d prefill pools and %d decode pools (must have both or neither)", count[Prefill], count[Decode])
	}
	return given("router for decode pools", count[Decode] == 0 && c.Handover.LocalBelow == 0 || c.Handover.Router != nil && count[Decode] > 0)
}

func (p Pool) validate() error {
	return errors.Join(
		given("policy", p.Policy != nil), given("cost model", p.Cost != nil),
		positive("replicas", p.Replicas), positive("KV blocks", p.Blocks), positive("block size", p.BlockSize),
		positive("max sequences", p.MaxSequences), positive("max model length", p.MaxModelLen),
		positive("max output tokens", p.MaxOutputTokens), p.Scaling.validate(p.Replicas),
		p.validateHost(),
	)
}

// validateHost reports a second tier without a first, or one that lanes would share.
func (p Pool) validateHost() error {
	if p.Host.Blocks > 0 && (!p.CachePrefixes || p.Pipeline > 1) {
		return fmt.Errorf("sim: %d KV blocks in host memory (must come with cached prefixes, and without a pipeline)", p.Host.Blocks)
	}
	return nil
}

func positive(name string, value int) error {
	if value < 1 {
		return fmt.Errorf("sim: %s is %d (must be 1 or more)", name, value)
	}
	return nil
}

func given(name string, ok bool) error {
	if !ok {
		return fmt.Errorf("sim: no %s", name)
	}
	return nil
}
