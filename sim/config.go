package sim

import (
	"errors"
	"fmt"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A Config is a cluster of equal replicas, the requests it serves and who
// watches. It is used up by Run.
type Config struct {
	Source      workloads.Source
	MaxInFlight int           // requests that the clients have under way at once; 0 is no limit
	Timeout     time.Duration // after its arrival, a request is given up by its client; 0 is never

	Replicas  int
	Router    scheduler.Router
	Staleness time.Duration           // how old the loads may be that the router sees
	Policy    func() scheduler.Policy // a new one for each replica
	Async     bool                    // an iteration is planned while the one before it runs
	Cost      hardware.CostModel

	Pipeline int // stages of a replica; 0 is 1

	Blocks          int // of the KV cache of a replica
	BlockSize       int // tokens
	CachePrefixes   bool
	MaxSequences    int // admitted to a replica at once
	MaxModelLen     int // tokens of a prompt and its reply
	MaxOutputTokens int // of a reply; longer ones are cut there

	// FirstDeadline is D_p, the time a request has for its first token. Nil means
	// that there is no deadline.
	FirstDeadline func(promptTokens int) time.Duration

	Recorder metrics.Recorder
}

// Validate reports everything that Run could not work with.
func (c Config) Validate() error {
	positive := func(name string, value int) error {
		if value < 1 {
			return fmt.Errorf("sim: %s is %d (must be 1 or more)", name, value)
		}
		return nil
	}
	given := func(name string, ok bool) error {
		if !ok {
			return fmt.Errorf("sim: no %s", name)
		}
		return nil
	}
	return errors.Join(
		given("source", c.Source != nil), given("router", c.Router != nil), given("policy", c.Policy != nil),
		given("cost model", c.Cost != nil), given("recorder", c.Recorder != nil),
		positive("replicas", c.Replicas), positive("KV blocks", c.Blocks), positive("block size", c.BlockSize),
		positive("max sequences", c.MaxSequences), positive("max model length", c.MaxModelLen),
		positive("max output tokens", c.MaxOutputTokens),
	)
}
