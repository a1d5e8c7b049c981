package sim

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Scaling turns the replicas of a pool on and off with its load. The most that there
// can be are the pool's Replicas.
type Scaling struct {
	Min, Start int           // replicas at least, and at the start of the run
	Interval   time.Duration // between two looks at the load
	Delay      time.Duration // from turning a replica on until it takes requests
	DownAfter  time.Duration // how long fewer replicas must do before any is turned off
	Rule       Rule
}

// A Rule tells how many replicas a load asks for.
type Rule interface{ Replicas(Demand) int }

// A Demand is the load of the replicas of a pool that take requests, or soon will.
type Demand struct {
	Replicas   int
	Waiting    int // sequences, those at the front door included
	Running    int // sequences
	UsedBlocks int

	Slots, Blocks int // of a replica
}

// Utilisation asks for as many replicas as keep sequences, waiting and running, at
// this share of the slots.
type Utilisation float64

// Replicas implements Rule.
func (u Utilisation) Replicas(d Demand) int {
	return ceil(float64(d.Waiting+d.Running), float64(u)*float64(d.Slots))
}

// KVUse asks for as many replicas as keep the blocks in use at this share of all.
type KVUse float64

// Replicas implements Rule.
func (u KVUse) Replicas(d Demand) int {
	return ceil(float64(d.UsedBlocks), float64(u)*float64(d.Blocks))
}

// QueueLength asks for another replica while more sequences wait than this for each,
// and for one less while none waits and the others could run all.
type QueueLength float64

// Replicas implements Rule.
func (q QueueLength) Replicas(d Demand) int {
	switch {
	case float64(d.Waiting) > float64(q)*float64(d.Replicas):
		return d.Replicas + 1
	case d.Waiting == 0 && d.Running <= (d.Replicas-1)*d.Slots:
		return d.Replicas - 1
	}
	return d.Replicas
}

// ceil returns the least whole number of shares that hold a total.
func ceil(total, share float64) int { return int(math.Ceil(total/share - 1e-9)) }

func (s *Scaling) validate(replicas int) error {
	if s == nil {
		return nil
	}
	var errs []error
	if s.Min < 1 || s.Start < s.Min || s.Start > replicas {
		errs = append(errs, fmt.Errorf("sim: a pool of at least %d, at first %d, and at most %d replicas (must ascend from 1)", s.Min, s.Start, replicas))
	}
	if s.Interval <= 0 {
		errs = append(errs, fmt.Errorf("sim: scaling every %v (must be above 0)", s.Interval))
	}
	return errors.Join(append(errs, notNegative("provisioning delay", s.Delay),
		notNegative("time before turning replicas off", s.DownAfter), given("rule for scaling", s.Rule != nil))...)
}
