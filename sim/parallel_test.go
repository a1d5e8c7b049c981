package sim

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// newSets returns recorders that keep all metrics.
func newSets(n int) (sets []*metrics.Set, recorders []metrics.Recorder) {
	for range n {
		s := metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: 10_000, Warmup: time.Millisecond})
		sets, recorders = append(sets, s), append(recorders, s)
	}
	return sets, recorders
}

// report runs a configuration with so many engines at once, or plainly with none.
func report(t *testing.T, c Config, engines int) []byte {
	t.Helper()
	sets, recorders := newSets(max(1, engines))
	var err error
	if engines > 0 {
		c.Recorder = nil
		err = RunParallel(context.Background(), c, recorders)
	} else {
		c.Recorder = sets[0]
		err = Run(context.Background(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sets[1:] {
		sets[0].Merge(s)
	}
	return sets[0].Report().JSON()
}

func TestEnginesTogetherReportWhatOneDoes(t *testing.T) {
	apart := map[string]bool{}
	for _, kind := range scheduler.Kinds() {
		for i, router := range scheduler.Routers() {
			for n := range settings()/60 + 1 {
				seed := 3*uint64(i) + n
				s := randomSetting(kind.Name, seed)
				fresh := func() Config {
					c := s.config(new(lastFinish))
					c.Router = router.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 9)))
					c.Staleness = time.Duration(seed%2) * 20 * time.Millisecond
					c.Pools = append(c.Pools, c.Pools[0])
					c.Pools[0].Replicas, c.Pools[1].Replicas = 1+int(seed%3), 1+int(seed%5)
					c.Pools[1].inStages(1 + int(seed/2%3))
					return c
				}
				apart[router.Name] = !fresh().coupled()
				want := report(t, fresh(), 0)
				for engines := 1; engines < 5; engines++ {
					if got := report(t, fresh(), engines); !bytes.Equal(got, want) {
						t.Fatalf("%s, %+v: %d engines report\n%s\none reports\n%s", router.Name, s, engines, got, want)
					}
				}
			}
		}
	}
	for _, name := range []string{"random", "round-robin", "weighted", "session-affinity"} {
		if !apart[name] {
			t.Errorf("with the router %s one engine runs all replicas", name)
		}
	}
	if apart["least-loaded"] || apart["prefix-affinity"] {
		t.Error("replicas have engines of their own where the router looks at loads")
	}
}

// Shards that seldom get a request are told how far time has come.
func TestEnginesWithoutRequestsReportWhatOneDoes(t *testing.T) {
	for seed := range uint64(8) {
		fresh := func() Config {
			rng := rand.New(rand.NewPCG(seed, 5))
			src := &drawn{n: 30 * mostChunk, rate: 50, prompt: upTo(200), output: upTo(50), rand: rng}
			c := benchConfig("vllm", 64, 64, src, nil)
			c.Pools[0].Replicas, c.Pools[0].Async = 3, seed%2 == 0
			c.Router = &scheduler.Weighted{Weights: []int{1, 1000 << seed, 1}}
			c.Timeout = time.Duration(seed) * 30 * time.Millisecond
			return c
		}
		want := report(t, fresh(), 0)
		for engines := 1; engines < 4; engines++ {
			if got := report(t, fresh(), engines); !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %d engines report\n%s\none reports\n%s", seed, engines, got, want)
			}
		}
	}
}

func TestWhatCouplesReplicasKeepsOneEngine(t *testing.T) {
	plain := func() Config {
		return benchConfig("vllm", 64, 64, &drawn{n: 1, rand: rand.New(rand.NewPCG(3, 3))}, new(lastFinish))
	}
	if plain().coupled() {
		t.Error("replicas in turn are coupled")
	}
	for name, couple := range map[string]func(*Config){
		"closed loop": func(c *Config) { c.Source = &users{count: 1, requests: 1} },
		"limit":       func(c *Config) { c.MaxInFlight = 3 },
		"handover":    func(c *Config) { c.Handover.Router = new(scheduler.RoundRobin) },
		"loads":       func(c *Config) { c.Router = new(scheduler.Affinity) },
	} {
		c := plain()
		if couple(&c); !c.coupled() {
			t.Errorf("%s: replicas are not coupled", name)
		}
	}
}

// goroutines waits until as many goroutines are left as there were.
func goroutines(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left, there were %d", runtime.NumGoroutine(), before)
		}
	}
}

func TestEnginesStopWithTheirContext(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, stop := context.WithCancel(context.Background())
	src := &drawn{n: 1 << 40, rate: 100, prompt: fixed(10), output: fixed(100), rand: rand.New(rand.NewPCG(3, 3))}
	c := benchConfig("vllm", 64, 64, src, nil)
	c.Pools[0].Replicas = 7
	err := RunParallel(ctx, c, []metrics.Recorder{&stopper{stop: stop}, new(lastFinish)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v, want a canceled context", err)
	}
	goroutines(t, before)
}

func TestStalledPolicyOfAnEngineIsAnError(t *testing.T) {
	before := runtime.NumGoroutine()
	src := &drawn{n: 5000, rate: 100, prompt: fixed(10), output: fixed(100), rand: rand.New(rand.NewPCG(3, 3))}
	c := benchConfig("vllm", 64, 64, src, nil)
	c.Pools[0].Replicas = 3
	c.Pools[0].Policy = func() scheduler.Policy { return idle{} }
	if err := RunParallel(context.Background(), c, []metrics.Recorder{new(waits), new(waits)}); err == nil {
		t.Error("a stalled policy went unnoticed")
	}
	goroutines(t, before)
}

func TestEnginesNeedARecorder(t *testing.T) {
	c := benchConfig("vllm", 64, 64, &drawn{}, new(lastFinish))
	if err := RunParallel(context.Background(), c, nil); err == nil {
		t.Error("nobody records, which went unnoticed")
	}
}

// A backlog is a source and a recorder that notes how many requests were drawn and
// not over at most, and how far a request was behind the last that was drawn. It is
// for engines that work one at a time.
type backlog struct {
	drawn
	out, most, behind atomic.Int64
	issued            atomic.Int64
}

func (b *backlog) Next() (workloads.Request, bool) {
	b.out.Add(1)
	b.issued.Add(1)
	return b.drawn.Next()
}

func (*backlog) Iteration(*metrics.Iteration) {}
func (b *backlog) Finished(c *metrics.Completion) {
	b.most.Store(max(b.most.Load(), b.out.Add(-1)))
	b.behind.Store(max(b.behind.Load(), b.issued.Load()-int64(c.Request.ID)))
}

// However long a run is, and however unequal the replicas are, only so many of its
// requests are held, and none of them for long.
func TestRequestsAreDrawnAsTheyAreServed(t *testing.T) {
	for _, replicas := range []int{1, 5, 700} {
		for _, router := range []scheduler.Router{
			new(scheduler.RoundRobin), &scheduler.Weighted{Weights: slices.Concat([]int{100_000}, slices.Repeat([]int{1}, replicas-1))},
		} {
			round := replicas * chunk(replicas)
			src := &backlog{drawn: drawn{n: 40 * round, rate: 1, prompt: fixed(1), output: fixed(1), rand: rand.New(rand.NewPCG(3, 3))}}
			c := benchConfig("vllm", 64, 64, src, nil)
			c.Pools[0].Replicas, c.Router = replicas, router
			if err := RunParallel(context.Background(), c, []metrics.Recorder{src}); err != nil {
				t.Fatal(err)
			}
			if most, bound := src.most.Load(), int64(4*round); most > bound {
				t.Errorf("%d replicas, %T: %d requests were held at once, want %d at most", replicas, router, most, bound)
			}
			if behind, bound := src.behind.Load(), int64(8*round); behind > bound {
				t.Errorf("%d replicas, %T: a request ended %d requests late, want %d at most", replicas, router, behind, bound)
			}
		}
	}
}
