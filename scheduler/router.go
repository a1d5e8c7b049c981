package scheduler

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"metronome/workloads"
)

// A Load is what a router may see of a replica.
type Load struct {
	Waiting, Running   int // sequences
	UsedBlocks, Blocks int // of the KV cache
	Cache              *Cache
	Down               bool // it takes no requests now, and must not be picked
}

// Sequences returns how many there are, waiting or running.
func (l *Load) Sequences() int { return l.Waiting + l.Running }

// A Router picks the replica that serves a request. The loads are kept in place
// by the cluster, one per replica and always the same number, and are read-only.
// At least one replica is not down.
type Router interface {
	Route(r workloads.Request, loads []Load) int
}

// A Follower is a router that is told what has changed, and so need not look at all.
// Before each Route, whoever keeps the loads calls Changed for every replica whose load,
// as Route will see it, is not what it was at the Route before. The first Route looks at
// all.
type Follower interface {
	Changed(loads []Load, replica int)
}

// A Blind router may ignore loads. Where Blind returns true it only looks at how many
// there are, and who is down: where requests go then does not depend on what became of others.
type Blind interface{ Blind() bool }

// A RouterSpec is the [router] table of an experiment.
type RouterSpec struct {
	Policy    string         `toml:"policy"`
	Staleness *time.Duration `toml:"staleness,omitempty"` // how old the loads that it sees may be; 0 unless given
	LoadCap   *float64       `toml:"load_cap,omitempty"`  // most sequences of a replica, as a multiple of the mean
	Weights   []int          `toml:"weights,omitempty"`   // shares of the replicas

	Epsilon     *float64 `toml:"epsilon,omitempty"`      // share of requests that try any pool
	PriceWeight *float64 `toml:"price_weight,omitempty"` // quality given up to save a dollar on a thousand requests; 0 unless given
	Pools       Pools    `toml:"-"`                      // filled in by whoever builds the cluster
}

// DefaultRouter is the router where none is named.
const DefaultRouter = "round-robin"

// A RouterKind is a registered router.
type RouterKind struct {
	Name, Doc string
	Keys      []string // of RouterSpec, beside policy and staleness, that it takes
	New       func(RouterSpec, *rand.Rand) Router
}

var routers = map[string]RouterKind{}

// RegisterRouter makes a router known by its name. It panics if the name is taken.
func RegisterRouter(k RouterKind) {
	if _, taken := routers[k.Name]; taken {
		panic(fmt.Sprintf("scheduler: router %q is registered twice", k.Name))
	}
	routers[k.Name] = k
}

// Routers returns the registered routers in order of name.
func Routers() []RouterKind {
	return slices.SortedFunc(maps.Values(routers), func(a, b RouterKind) int { return strings.Compare(a.Name, b.Name) })
}

// LookupRouter returns the router of the given name.
func LookupRouter(name string) (RouterKind, error) {
	k, ok := routers[name]
	if !ok {
		return k, fmt.Errorf("router.policy: unknown router %q (have %s)", name, strings.Join(slices.Sorted(maps.Keys(routers)), ", "))
	}
	return k, nil
}

// Validate reports the first key that is out of its range or that the router
// does not take.
func (s RouterSpec) Validate() error {
	k, err := LookupRouter(s.Policy)
	if err != nil {
		return err
	}
	for key, written := range map[string]bool{"load_cap": s.LoadCap != nil, "weights": s.Weights != nil, "epsilon": s.Epsilon != nil} {
		if written && !slices.Contains(k.Keys, key) {
			return fmt.Errorf("router.%s: not a parameter of the router %s", key, k.Name)
		}
	}
	if d := s.Staleness; d != nil && *d < 0 {
		return fmt.Errorf("router.staleness: %v (must not be negative)", *d)
	}
	if c := s.LoadCap; c != nil && !(*c >= 1 && *c <= math.MaxInt32) {
		return fmt.Errorf("router.load_cap: %v (must be 1 or more)", *c)
	}
	if e := s.Epsilon; e != nil && !(*e >= 0 && *e <= 1) {
		return fmt.Errorf("router.epsilon: %v (must be from 0 to 1)", *e)
	}
	if w := s.PriceWeight; w != nil && !(*w >= 0 && *w <= math.MaxInt32) {
		return fmt.Errorf("router.price_weight: %v (must be 0 or more)", *w)
	}
	return s.validateWeights()
}

func (s RouterSpec) validateWeights() error {
	for _, w := range s.Weights {
		if w < 1 || w > 1<<20 {
			return fmt.Errorf("router.weights: %v (must be numbers from 1 to %d)", s.Weights, 1<<20)
		}
	}
	return nil
}

// Fit reports whether the spec suits so many replicas.
func (s RouterSpec) Fit(replicas int) error {
	if s.Weights != nil && len(s.Weights) != replicas {
		return fmt.Errorf("router.weights: %d weights for %d replicas (must be one each)", len(s.Weights), replicas)
	}
	return nil
}
