package study

import (
	"fmt"
	"math"

	"metronome/sim"
)

// Admission is the [admission] table: what requests must pass at the front door.
type Admission struct {
	Rate       *float64 `toml:"rate,omitempty"`        // requests per second that a token bucket lets in
	Burst      *int     `toml:"burst,omitempty"`       // requests that it lets in at once
	MaxWaiting *int     `toml:"max_waiting,omitempty"` // requests that may wait when another comes
	ShedLate   bool     `toml:"shed_late,omitempty"`   // requests are shed whose first token is expected after its deadline
}

// used reports whether any request may be shed.
func (a Admission) used() bool { return a.Rate != nil || a.MaxWaiting != nil || a.ShedLate }

// Validate reports the first key that is out of its range.
func (a Admission) Validate() error {
	if r := a.Rate; r != nil && !(*r > 0 && *r <= 1e9) {
		return at("admission.rate", fmt.Errorf("%v (must be above 0, at most 1e9)", *r))
	}
	if b := a.Burst; b != nil && (*b < 1 || *b > 1<<30) {
		return at("admission.burst", fmt.Errorf("%d (must be 1 to %d)", *b, 1<<30))
	}
	if a.Burst != nil && a.Rate == nil {
		return about("admission.burst", fmt.Errorf("admission.burst: %d without rate (must have both)", *a.Burst))
	}
	if n := a.MaxWaiting; n != nil && *n < 1 {
		return at("admission.max_waiting", fmt.Errorf("%d (must be 1 or more)", *n))
	}
	return nil
}

// resolve fills in the burst: what comes in a second.
func (a Admission) resolve() Admission {
	if a.Rate != nil {
		fillIn(&a.Burst, int(min(max(1, math.Ceil(*a.Rate)), 1<<30)))
	}
	return a
}

// sim returns the table, resolved, as the simulator takes it.
func (a Admission) sim() sim.Admission {
	return sim.Admission{Rate: value(a.Rate), Burst: value(a.Burst), MaxWaiting: value(a.MaxWaiting), Deadlines: a.ShedLate}
}
