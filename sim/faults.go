package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Faults are what goes wrong with replicas. A crash loses all that a replica has, its
// KV cache and the iteration in progress included. A slow replica takes longer for
// each iteration that it begins.
type Faults struct {
	Crashes []Crash
	Slow    []Slowdown

	// Between two crashes of a replica an exponential time of mean MTBF passes, and
	// a crashed one is back after Repair. MTBF 0 is never, Repair 0 is not at all.
	MTBF, Repair time.Duration

	// Likewise, each replica is slow by SlowFactor for a time SlowFor.
	SlowMTBF, SlowFor time.Duration
	SlowFactor        float64

	// Retries is how many times a request is sent again when its replica has crashed.
	// It keeps what it has of its reply, and its deadline. Then it fails.
	Retries int

	Rand *rand.Rand // for what happens at random times; else may be nil
}

// A Crash is one of a replica at a given time.
type Crash struct {
	At      time.Duration
	Replica int
	Repair  time.Duration // until it is back, empty; 0 is never
}

// A Slowdown makes the iterations of a replica take longer for some time.
type Slowdown struct {
	At      time.Duration
	Replica int
	Factor  float64       // that iteration times are multiplied by
	For     time.Duration // 0 is for good
}

// unsettled reports whether replicas come and go, or requests are shed.
func (c Config) unsettled() bool {
	f := &c.Faults
	scaled := slices.ContainsFunc(c.Pools, func(p Pool) bool { return p.Scaling != nil })
	return len(f.Crashes)+len(f.Slow) > 0 || f.MTBF > 0 || f.SlowMTBF > 0 || scaled || c.Admission != (Admission{})
}

func (f *Faults) validate(replicas int) error {
	var errs []error
	for _, c := range f.Crashes {
		errs = append(errs, exists(c.Replica, replicas), notNegative("time of a crash", c.At), notNegative("repair time", c.Repair))
	}
	for _, s := range f.Slow {
		errs = append(errs, exists(s.Replica, replicas), notNegative("time of a slowdown", s.At),
			notNegative("length of a slowdown", s.For), slower(s.Factor))
	}
	if f.SlowMTBF > 0 {
		errs = append(errs, slower(f.SlowFactor))
	}
	return errors.Join(append(errs,
		notNegative("time between crashes", f.MTBF), notNegative("repair time", f.Repair),
		notNegative("time between slowdowns", f.SlowMTBF), notNegative("length of a slowdown", f.SlowFor),
		given("randomness for faults", f.Rand != nil || f.MTBF+f.SlowMTBF == 0))...)
}

func exists(replica, replicas int) error {
	if replica < 0 || replica >= replicas {
		return fmt.Errorf("sim: a fault of replica %d (must be 0 to %d)", replica, replicas-1)
	}
	return nil
}

func slower(factor float64) error {
	if !(factor >= 1 && factor <= 1e6) {
		return fmt.Errorf("sim: a replica slower by a factor of %v (must be 1 to 1e6)", factor)
	}
	return nil
}

func notNegative(name string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("sim: %s is %v (must not be negative)", name, d)
	}
	return nil
}

// plan puts what is to go wrong on the agenda.
func (c Faults) plan(f *feed) {
	for _, e := range c.Crashes {
		f.agenda.add(e.At, func(now time.Duration) { f.crash(e.Replica, e.Repair, now) })
	}
	for _, e := range c.Slow {
		f.agenda.add(e.At, func(now time.Duration) { f.slowDown(e.Replica, e.Factor, e.For, now) })
	}
	c.strike(f, c.MTBF, 0, func(replica int, now time.Duration) { f.crash(replica, c.Repair, now) })
	c.strike(f, c.SlowMTBF, 0, func(replica int, now time.Duration) { f.slowDown(replica, c.SlowFactor, c.SlowFor, now) })
}

// strike lets something happen to each replica at exponential times of a mean, 0
// being never: to any one of all of them, so many times as often. What cannot
// happen to it then does not.
func (c Faults) strike(f *feed, mean, now time.Duration, do func(replica int, now time.Duration)) {
	if mean == 0 {
		return
	}
	n := len(f.lanes)
	pause := c.Rand.ExpFloat64() * float64(mean) / float64(n)
	if float64(now)+pause >= float64(Never) {
		return
	}
	f.agenda.add(now+time.Duration(pause), func(now time.Duration) {
		do(c.Rand.IntN(n), now)
		c.strike(f, mean, now, do)
	})
}
