package study

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"metronome/sim"
)

// Faults is the [faults] table: what goes wrong with replicas. Those of pools that
// take prompts are numbered first, from 0.
type Faults struct {
	Crashes []Crash        `toml:"crashes,omitempty"`
	MTBF    *time.Duration `toml:"mtbf,omitempty"`   // mean of the exponential time between two crashes of a replica
	Repair  *time.Duration `toml:"repair,omitempty"` // until it is back; never if not written

	Slow       []Slowdown     `toml:"slow,omitempty"`
	SlowMTBF   *time.Duration `toml:"slow_mtbf,omitempty"`   // likewise, between two times that a replica is slow
	SlowFor    *time.Duration `toml:"slow_for,omitempty"`    // how long it is
	SlowFactor *float64       `toml:"slow_factor,omitempty"` // of its iteration times then

	OnCrash string `toml:"on_crash,omitempty"` // retry, or fail
	Retries *int   `toml:"retries,omitempty"`  // of a request at most
}

// A Crash is a table of faults.crashes.
type Crash struct {
	At      *time.Duration `toml:"at"`
	Replica *int           `toml:"replica"`
	Repair  *time.Duration `toml:"repair,omitempty"` // never if not written
}

// A Slowdown is a table of faults.slow.
type Slowdown struct {
	At      *time.Duration `toml:"at"`
	Replica *int           `toml:"replica"`
	Factor  float64        `toml:"factor"`
	For     *time.Duration `toml:"for,omitempty"` // to the end if not written
}

// Defaults of the [faults] table.
const (
	defaultOnCrash    = "retry"
	defaultRetries    = 3
	defaultSlowFactor = 2
)

// happen reports whether anything goes wrong.
func (f Faults) happen() bool {
	return len(f.Crashes)+len(f.Slow) > 0 || f.MTBF != nil || f.SlowMTBF != nil
}

// Validate reports the first key that is out of its range.
func (f Faults) Validate() error {
	for i, c := range f.Crashes {
		key := fmt.Sprintf("faults.crashes.%d.", i)
		if err := cmp.Or(told(key, c.At, c.Replica), notNegative(key+"at", c.At), positiveTime(key+"repair", c.Repair)); err != nil {
			return err
		}
	}
	for i, s := range f.Slow {
		key := fmt.Sprintf("faults.slow.%d.", i)
		if err := cmp.Or(told(key, s.At, s.Replica), notNegative(key+"at", s.At), positiveTime(key+"for", s.For), factor(key+"factor", s.Factor)); err != nil {
			return err
		}
	}
	if f.SlowFactor != nil {
		if err := factor("faults.slow_factor", *f.SlowFactor); err != nil {
			return err
		}
	}
	if f.SlowMTBF != nil && f.SlowFor == nil {
		return about("faults.slow_mtbf", fmt.Errorf("faults.slow_mtbf: %v without slow_for (must have both)", *f.SlowMTBF))
	}
	if r := f.Retries; r != nil && *r < 0 {
		return at("faults.retries", fmt.Errorf("%d (must not be negative)", *r))
	}
	if w := f.OnCrash; w != "" && w != "retry" && w != "fail" {
		return at("faults.on_crash", fmt.Errorf("%q (must be retry or fail)", w))
	}
	return cmp.Or(often("faults.mtbf", f.MTBF), positiveTime("faults.repair", f.Repair),
		often("faults.slow_mtbf", f.SlowMTBF), positiveTime("faults.slow_for", f.SlowFor), f.idle())
}

// idle reports a key that goes with another one, which is not written.
func (f Faults) idle() error {
	switch {
	case f.Repair != nil && f.MTBF == nil:
		return about("faults.repair", fmt.Errorf("faults.repair: %v without mtbf (must have both; each of crashes has its own)", *f.Repair))
	case f.SlowFor != nil && f.SlowMTBF == nil:
		return about("faults.slow_for", fmt.Errorf("faults.slow_for: %v without slow_mtbf (must have both; each of slow has its own)", *f.SlowFor))
	case f.SlowFactor != nil && f.SlowMTBF == nil:
		return about("faults.slow_factor", fmt.Errorf("faults.slow_factor: %v without slow_mtbf (must have both; each of slow has its own)", *f.SlowFactor))
	}
	return nil
}

// told reports that a fault does not say when it happens, or to whom.
func told(key string, at *time.Duration, replica *int) error {
	switch {
	case at == nil:
		return about(key+"at", fmt.Errorf("%sat: missing (the time from the start of the run)", key))
	case replica == nil:
		return about(key+"replica", fmt.Errorf("%sreplica: missing (the number of one, from 0)", key))
	}
	return nil
}

// fit reports the first fault of a replica that there is not.
func (f Faults) fit(replicas int) error {
	for i, c := range f.Crashes {
		if err := exists(fmt.Sprintf("faults.crashes.%d.replica", i), *c.Replica, replicas); err != nil {
			return err
		}
	}
	for i, s := range f.Slow {
		if err := exists(fmt.Sprintf("faults.slow.%d.replica", i), *s.Replica, replicas); err != nil {
			return err
		}
	}
	return nil
}

// resolve fills in the defaults of what is used.
func (f Faults) resolve() Faults {
	if len(f.Crashes) > 0 || f.MTBF != nil {
		if f.OnCrash == "" {
			f.OnCrash = defaultOnCrash
		}
		if f.OnCrash == defaultOnCrash {
			fillIn(&f.Retries, defaultRetries)
		}
	}
	if f.SlowMTBF != nil {
		fillIn(&f.SlowFactor, defaultSlowFactor)
	}
	return f
}

// sim returns the table, resolved, as the simulator takes it.
func (f Faults) sim(random *rand.Rand) sim.Faults {
	s := sim.Faults{
		MTBF: value(f.MTBF), Repair: value(f.Repair), SlowMTBF: value(f.SlowMTBF), SlowFor: value(f.SlowFor),
		SlowFactor: value(f.SlowFactor), Rand: random,
	}
	if f.OnCrash == "retry" {
		s.Retries = value(f.Retries)
	}
	for _, c := range f.Crashes {
		s.Crashes = append(s.Crashes, sim.Crash{At: *c.At, Replica: *c.Replica, Repair: value(c.Repair)})
	}
	for _, x := range f.Slow {
		s.Slow = append(s.Slow, sim.Slowdown{At: *x.At, Replica: *x.Replica, Factor: x.Factor, For: value(x.For)})
	}
	return s
}

func exists(key string, replica, replicas int) error {
	if replica < 0 || replica >= replicas {
		return at(key, fmt.Errorf("%d (must be 0 to %d)", replica, replicas-1))
	}
	return nil
}

func factor(key string, x float64) error {
	if !(x >= 1 && x <= 1e6) {
		return at(key, fmt.Errorf("%v (must be 1 to 1e6)", x))
	}
	return nil
}

func notNegative(key string, d *time.Duration) error {
	if d != nil && *d < 0 {
		return at(key, fmt.Errorf("%v (must not be negative)", *d))
	}
	return nil
}

func positiveTime(key string, d *time.Duration) error {
	if d != nil && *d <= 0 {
		return at(key, fmt.Errorf("%v (must be above 0)", *d))
	}
	return nil
}

// often checks the time between two things that happen again and again. They are not to
// take longer to simulate than the requests.
func often(key string, d *time.Duration) error {
	const least = time.Millisecond
	if d != nil && *d < least {
		return at(key, fmt.Errorf("%v (must be %v or more)", *d, least))
	}
	return nil
}

// value returns what was written, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// fillIn writes a default where nothing was written.
func fillIn[T any](p **T, otherwise T) {
	if *p == nil {
		*p = &otherwise
	}
}
