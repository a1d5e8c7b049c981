package sim

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A watcher keeps what a cluster reports, and checks it as it comes.
type watcher struct {
	ledger
	lives
	pools map[int]int // by request, where it ended
}

func newWatcher(t *testing.T) *watcher {
	return &watcher{ledger{t: t, finished: map[int]bool{}, lastEnd: map[[2]int]time.Duration{}}, *newLives(), map[int]int{}}
}

func (w *watcher) Iteration(it *metrics.Iteration) { w.ledger.Iteration(it); w.lives.Iteration(it) }

func (w *watcher) Finished(c *metrics.Completion) {
	w.ledger.Finished(c)
	w.lives.Finished(c)
	w.pools[c.Request.ID] = c.Pool
}

// A pupil is a router that learns, and remembers what it was told.
type pupil struct {
	scheduler.Router
	told map[int]int // by request, the pool
	ok   int
}

func (p *pupil) Learn(r workloads.Request, pool int, finished bool) {
	if l, learns := p.Router.(scheduler.Learner); learns {
		l.Learn(r, pool, finished)
	}
	p.told[r.ID] = pool
	if finished {
		p.ok++
	}
}

// Changed implements scheduler.Follower.
func (p *pupil) Changed(loads []scheduler.Load, replica int) {
	if f, follows := p.Router.(scheduler.Follower); follows {
		f.Changed(loads, replica)
	}
}

// layouts are the roles of pools that laws are held to.
var layouts = [...][]Role{{Whole}, {Whole, Whole}, {Whole, Whole, Whole}, {Prefill, Decode}, {Decode, Prefill, Decode}, {Whole, Prefill, Decode}}

// combinations are the pairs of a policy and a layout. As many seeds in a row have all
// of them, and those of any few seeds are spread over both.
func combinations() uint64 { return uint64(len(scheduler.Kinds()) * len(layouts)) }

// combination returns the policy of the first pool that takes prompts, and the layout.
func combination(seed uint64) (policy string, of []Role) {
	const spread = 37 // has no factor in common with the number of layouts, nor should it with that of policies
	n := seed * spread % combinations()
	kinds := scheduler.Kinds()
	return kinds[n%uint64(len(kinds))].Name, layouts[n/uint64(len(kinds))]
}

// seeds returns the seeds that have every policy in every layout; fewer in short tests.
func seeds() uint64 {
	if testing.Short() {
		return settings()
	}
	return max(settings(), combinations())
}

func TestSeedsHaveEveryPolicyInEveryLayout(t *testing.T) {
	seen := map[string]bool{}
	for seed := range combinations() {
		policy, of := combination(seed)
		seen[fmt.Sprint(policy, of)] = true
	}
	if len(seen) != len(scheduler.Kinds())*len(layouts) {
		t.Errorf("%d pairs of a policy and a layout, want %d by %d", len(seen), len(scheduler.Kinds()), len(layouts))
	}
}

// layout returns a cluster of random pools, under the policy of the seed where prompts
// come first and random ones elsewhere, with a given router; changes come before it knows the pools.
func layout(router scheduler.RouterKind, seed uint64, record metrics.Recorder, changes ...func(*Config, uint64)) (Config, *pupil) {
	r := rand.New(rand.NewPCG(seed, 21))
	forced, of := combination(seed)
	setting := func(role Role) setting {
		kinds := slices.DeleteFunc(scheduler.Kinds(), func(k scheduler.Kind) bool { return role == Decode && !k.Imports })
		policy := kinds[r.IntN(len(kinds))].Name
		if role != Decode && forced != "" {
			policy, forced = forced, ""
		}
		return randomSetting(policy, r.Uint64N(1e6))
	}
	var c Config
	for _, role := range of {
		one := setting(role).config(record)
		p := one.Pools[0]
		if c.Pools == nil {
			c, c.Pools = one, []Pool{}
		}
		p.Role, p.Replicas = role, 1+r.IntN(3)
		p.inStages(1 + r.IntN(2))
		p.Link = Link{BytesPerSecond: 1e6 * r.Float64(), BytesPerToken: 100, Latency: time.Duration(r.IntN(1e6))}
		c.Pools = append(c.Pools, p)
	}
	c.Staleness = time.Duration(r.IntN(3)) * 20 * time.Millisecond
	if r.IntN(3) == 0 {
		c.MaxInFlight = 1 + r.IntN(40)
	}
	if c.Pools[len(c.Pools)-1].Role == Decode {
		c.Handover = Handover{Router: router.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 8))), LocalBelow: r.IntN(2) * r.IntN(200)}
	}
	for _, change := range changes {
		change(&c, seed)
	}
	learner := &pupil{router.New(scheduler.RouterSpec{Pools: c.offers()}, rand.New(rand.NewPCG(seed, 9))), map[int]int{}, 0}
	c.Router = learner
	return c, learner
}

// offers returns pools of different worth where all serve whole requests; else none.
func (c *Config) offers() (all scheduler.Pools) {
	for _, p := range c.Pools {
		if p.Role != Whole {
			return scheduler.Pools{}
		}
		all.Replicas = append(all.Replicas, p.Replicas)
	}
	all.Grade = func(r workloads.Request, pool int) (quality, dollars float64) {
		return float64((r.ID + pool) % 2), 0.001 * float64(pool)
	}
	return all
}

func TestNothingIsLostInAnyLayoutUnderAnyRouter(t *testing.T) {
	for _, router := range scheduler.Routers() {
		t.Run(router.Name, func(t *testing.T) {
			for seed := range seeds() {
				w, again := newWatcher(t), newWatcher(t)
				c, pupil := layout(router, seed, w)
				if err := Run(t.Context(), c); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				finished := 0
				for _, l := range w.of {
					if l.Outcome == metrics.Finished {
						finished++
					}
				}
				if len(w.finished) != 100 || !reflect.DeepEqual(pupil.told, w.pools) || pupil.ok != finished {
					t.Errorf("seed %d: %d requests ended of 100; the router was told of %d, %d finished of %d", seed, len(w.finished), len(pupil.told), pupil.ok, finished)
				}
				c, _ = layout(router, seed, again)
				if err := Run(t.Context(), c); err != nil || !reflect.DeepEqual(w.of, again.of) || !reflect.DeepEqual(w.pools, again.pools) {
					t.Errorf("seed %d: two runs of the same layout differ (%v)", seed, err)
				}
				if t.Failed() {
					t.Fatalf("in seed %d", seed)
				}
			}
		})
	}
}
