package workloads

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// An ArrivalSpec is the table [workload.arrivals] of an experiment: when
// requests arrive. A field that was not written is nil.
type ArrivalSpec struct {
	Process string   `toml:"process,omitempty"`
	Rate    *float64 `toml:"rate,omitempty"`   // requests per second, the mean of every process
	Stages  []Stage  `toml:"stages,omitempty"` // or a rate that changes in time; no request arrives after the last

	CV    *float64 `toml:"cv,omitempty"`    // coefficient of variation of the gaps
	Shape *float64 `toml:"shape,omitempty"` // of a Weibull distribution, in place of cv

	BurstFactor   *float64 `toml:"burst_factor,omitempty"`   // rate in a burst over the mean rate
	BurstShare    *float64 `toml:"burst_share,omitempty"`    // part of the time that is in a burst
	BurstRequests *float64 `toml:"burst_requests,omitempty"` // mean requests of a burst

	Users *int           `toml:"users,omitempty"` // clients of a closed loop
	Think *time.Duration `toml:"think,omitempty"` // from a reply to the client's next request
}

// Gaps are the times between arrivals, in units of their mean.
type Gaps interface {
	// Next returns the next gap, at least 0. The mean of all is 1.
	Next() float64
}

// An ArrivalProcess is a registered kind of arrivals.
type ArrivalProcess struct {
	Name        string
	Description string   // one line
	Keys        []string // the keys of [workload.arrivals] that it takes, and stages if it has gaps

	// New returns gaps drawn from the stream, or an error that starts with the
	// key at fault. It is nil where arrivals do not come from gaps.
	New func(ArrivalSpec, *rand.Rand) (Gaps, error)
}

var processes = registry[ArrivalProcess]{kind: "arrival process"}

// RegisterArrivals adds an arrival process. It panics if the name is taken.
func RegisterArrivals(p ArrivalProcess) { processes.add(p.Name, p) }

// Processes whose arrivals do not come from gaps.
const (
	processTrace      = "trace"
	processClosedLoop = "closed-loop"
)

func init() {
	RegisterArrivals(ArrivalProcess{
		Name:        processTrace,
		Description: "as recorded in the trace; a rate scales the recorded time",
		Keys:        []string{"rate"},
	})
	RegisterArrivals(ArrivalProcess{
		Name:        processClosedLoop,
		Description: "users that each send a request, await the reply, and think",
		Keys:        []string{"users", "think"},
	})
}

// Validate checks the table as far as it can be without opening the source.
func (a ArrivalSpec) Validate() error {
	const path = "workload.arrivals"
	if err := positive(path+".rate", a.Rate); err != nil {
		return err
	}
	if err := a.validateStages(); err != nil {
		return err
	}
	if a.Process == "" {
		return onlyTakes(path, a, "the default process", []string{"rate", "stages"})
	}
	p, err := processes.find(path+".process", a.Process)
	if err != nil {
		return err
	}
	if err := onlyTakes(path, a, p.Name, p.takes()); err != nil {
		return err
	}
	if a.Process == processClosedLoop {
		return a.validateLoop()
	}
	_, err = a.gaps(Stream(0, "check"))
	return err
}

func (a ArrivalSpec) validateStages() error {
	if a.Stages == nil {
		return nil
	}
	if a.Rate != nil {
		return fmt.Errorf("workload.arrivals.stages: beside a rate of %v (write one of them)", *a.Rate)
	}
	return checkStages(a.Stages)
}

// takes returns the keys of the process.
func (p ArrivalProcess) takes() []string {
	if p.New == nil {
		return p.Keys
	}
	return append(slices.Clone(p.Keys), "stages")
}

func (a ArrivalSpec) validateLoop() error {
	switch {
	case a.Users == nil:
		return fmt.Errorf("workload.arrivals.users: missing (closed-loop takes users and think)")
	case *a.Users < 1:
		return fmt.Errorf("workload.arrivals.users: %d (must be at least 1)", *a.Users)
	case a.Think != nil && *a.Think < 0:
		return fmt.Errorf("workload.arrivals.think: %v (must not be negative)", *a.Think)
	case a.Think != nil && *a.Think > longestSpan:
		return fmt.Errorf("workload.arrivals.think: %v (must be at most %v)", *a.Think, longestSpan)
	}
	return nil
}

// gaps returns the gaps of the process, nil if it has none.
func (a ArrivalSpec) gaps(random *rand.Rand) (Gaps, error) {
	p := processes.entries[a.Process]
	if p.New == nil {
		return nil, nil
	}
	g, err := p.New(a, random)
	if err != nil {
		return nil, fmt.Errorf("workload.arrivals.%w", err)
	}
	return g, nil
}
