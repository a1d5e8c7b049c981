package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metronome/hardware"
	"metronome/sim"
)

// A Deployment is the [deployment] table.
type Deployment struct {
	hardware.Spec
	Scaling *Scaling `toml:"scaling,omitempty"`
}

// Scaling is a [deployment.scaling] or [pool.scaling] table: how the replicas come and
// go with the load. A run starts with as many as the deployment has.
type Scaling struct {
	Rule      string         `toml:"rule,omitempty"`       // utilisation, kv or queue
	Target    *float64       `toml:"target,omitempty"`     // a share; of queue, sequences that wait for each replica
	Min       *int           `toml:"min,omitempty"`        // replicas
	Max       *int           `toml:"max,omitempty"`        // likewise
	Interval  *time.Duration `toml:"interval,omitempty"`   // between two looks at the load
	Delay     *time.Duration `toml:"delay,omitempty"`      // from turning a replica on until it takes requests
	DownAfter *time.Duration `toml:"down_after,omitempty"` // how long fewer must do before any is turned off
}

// The times are those of the horizontal autoscaler of Kubernetes; a replica takes a
// minute to start and load its weights.
const (
	defaultRule      = "utilisation"
	defaultInterval  = 15 * time.Second
	defaultDelay     = time.Minute
	defaultDownAfter = 5 * time.Minute
)

// rules are the rules by name, each with its default target.
var rules = []struct {
	name   string
	target float64
	make   func(target float64) sim.Rule
}{
	{"utilisation", 0.7, func(x float64) sim.Rule { return sim.Utilisation(x) }},
	{"kv", 0.7, func(x float64) sim.Rule { return sim.KVUse(x) }},
	{"queue", 4, func(x float64) sim.Rule { return sim.QueueLength(x) }},
}

// rule returns the place of a rule, below 0 if there is none.
func (s *Scaling) rule() int {
	name := cmp.Or(s.Rule, defaultRule)
	for i, r := range rules {
		if r.name == name {
			return i
		}
	}
	return -1
}

// validate reports the first key below a path that is out of its range.
func (s *Scaling) validate(path string) error {
	if s == nil {
		return nil
	}
	if s.rule() < 0 {
		var have []string
		for _, r := range rules {
			have = append(have, r.name)
		}
		return at(path+".rule", fmt.Errorf("%q (must be %s)", s.Rule, strings.Join(have, ", ")))
	}
	if x := s.Target; x != nil && !(*x > 0 && *x <= 1e6) {
		return at(path+".target", fmt.Errorf("%v (must be above 0, at most 1e6)", *x))
	}
	if n := s.Min; n != nil && *n < 1 {
		return at(path+".min", fmt.Errorf("%d (must be 1 or more)", *n))
	}
	if n := s.Max; n != nil && (*n < 1 || *n > mostScaled) {
		return at(path+".max", fmt.Errorf("%d (must be 1 to %d)", *n, mostScaled))
	}
	return cmp.Or(often(path+".interval", s.Interval), notNegative(path+".delay", s.Delay), notNegative(path+".down_after", s.DownAfter))
}

// mostScaled bounds the replicas of a scaled pool.
const mostScaled = 1 << 16

// resolve fills in the defaults of a pool that starts with so many replicas. Keys of
// errors are as in [deployment].
func (s *Scaling) resolve(replicas int) (*Scaling, error) {
	if s == nil {
		return nil, nil
	}
	x := *s
	x.Rule = cmp.Or(x.Rule, defaultRule)
	fillIn(&x.Target, rules[x.rule()].target)
	fillIn(&x.Min, 1)
	fillIn(&x.Interval, defaultInterval)
	fillIn(&x.Delay, defaultDelay)
	fillIn(&x.DownAfter, defaultDownAfter)
	if x.Max == nil {
		return nil, about("deployment.scaling", fmt.Errorf("deployment.scaling.max: missing (the most replicas that there can be)"))
	}
	if !slices.IsSorted([]int{*x.Min, replicas, *x.Max}) {
		return nil, about("deployment.scaling", fmt.Errorf("deployment.scaling.max: min %d, replicas %d, max %d (must ascend)", *x.Min, replicas, *x.Max))
	}
	return &x, nil
}

// sim returns the table, resolved, as the simulator takes it.
func (s *Scaling) sim(replicas int) *sim.Scaling {
	if s == nil {
		return nil
	}
	return &sim.Scaling{
		Min: *s.Min, Start: replicas, Interval: *s.Interval, Delay: *s.Delay, DownAfter: *s.DownAfter,
		Rule: rules[s.rule()].make(*s.Target),
	}
}

// Most returns the most replicas that the pool can have.
func (p *Pool) Most() int {
	if s := p.Spec.Scaling; s != nil {
		return *s.Max
	}
	return p.Deployment.Replicas
}
