package sim

import (
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

// layout returns a cluster of random pools under a random policy each, with a
// given router.
func layout(router scheduler.RouterKind, seed uint64, record metrics.Recorder) (Config, *pupil) {
	r := rand.New(rand.NewPCG(seed, 21))
	setting := func(role Role) setting {
		kinds := slices.DeleteFunc(scheduler.Kinds(), func(k scheduler.Kind) bool { return role == Decode && !k.Imports })
		return randomSetting(kinds[r.IntN(len(kinds))].Name, r.Uint64N(1e6))
	}
	c := setting(Whole).config(record)
	roles := [][]Role{{Whole}, {Whole, Whole}, {Whole, Whole, Whole}, {Prefill, Decode}, {Decode, Prefill, Decode}, {Whole, Prefill, Decode}}
	c.Pools = c.Pools[:0]
	for _, role := range roles[r.IntN(len(roles))] {
		p := setting(role).config(record).Pools[0]
		p.Role, p.Replicas = role, 1+r.IntN(3)
		p.inStages(1 + r.IntN(2))
		p.Link = Link{BytesPerSecond: 1e6 * r.Float64(), BytesPerToken: 100, Latency: time.Duration(r.IntN(1e6))}
		c.Pools = append(c.Pools, p)
	}
	c.Staleness = time.Duration(r.IntN(3)) * 20 * time.Millisecond
	if r.IntN(3) == 0 {
		c.MaxInFlight = 1 + r.IntN(40)
	}
	learner := &pupil{router.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 9))), map[int]int{}, 0}
	c.Router = learner
	if c.Pools[len(c.Pools)-1].Role == Decode {
		c.Handover = Handover{Router: router.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 8))), LocalBelow: r.IntN(2) * r.IntN(200)}
	}
	return c, learner
}

func TestNothingIsLostInAnyLayoutUnderAnyRouter(t *testing.T) {
	for _, router := range scheduler.Routers() {
		t.Run(router.Name, func(t *testing.T) {
			for seed := range settings() {
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
