package sim

import (
	"context"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// serve runs a configuration and leaves the cluster to be looked at.
func serve(t *testing.T, c Config) *feed {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	f := newFeed(c)
	if err := f.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return f
}

// checkEmpty makes sure that nothing is left of the requests of a run.
func (f *feed) checkEmpty(t *testing.T) {
	t.Helper()
	if f.inFlight != 0 || len(f.prompts.door)+len(f.decodes.door) > 0 {
		t.Errorf("%d requests in flight, %d and %d at the doors", f.inFlight, len(f.prompts.door), len(f.decodes.door))
	}
	for i, lanes := range f.lanes {
		held := 0
		for _, r := range lanes {
			held += len(r.present) + len(r.inbox) + len(r.incoming) + r.batch.Running()
			r.transferKV(Never) // what was still being copied when the last request ended
			r.batch.Settle()
		}
		if used := lanes[0].batch.UsedBlocks(); held > 0 || used != 0 {
			t.Errorf("replica %d still has %d sequences and %d blocks", i, held, used)
		}
	}
}

// trouble adds random faults, scaling and admission to a cluster.
func trouble(c *Config, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 31))
	upTo := func(d time.Duration) time.Duration { return time.Duration(1 + r.Int64N(int64(d))) }
	replicas := 0
	for i := range c.Pools {
		p := &c.Pools[i]
		if r.IntN(3) == 0 {
			p.Replicas += r.IntN(3)
			least := 1 + r.IntN(p.Replicas)
			rules := []Rule{Utilisation(0.1 + r.Float64()), KVUse(0.1 + r.Float64()), QueueLength(3 * r.Float64())}
			p.Scaling = &Scaling{
				Min: least, Start: least + r.IntN(p.Replicas-least+1), Interval: upTo(300 * time.Millisecond),
				Delay: upTo(time.Second), DownAfter: time.Duration(r.IntN(2)) * upTo(time.Second), Rule: rules[r.IntN(3)],
			}
		}
		replicas += p.Replicas
	}
	f := &c.Faults
	f.Retries = r.IntN(4)
	f.Rand = rand.New(rand.NewPCG(seed, 32))
	for range r.IntN(4) {
		crash := Crash{At: upTo(3 * time.Second), Replica: r.IntN(replicas), Repair: upTo(2 * time.Second)}
		if r.IntN(5) == 0 {
			crash.Repair = 0
		}
		f.Crashes = append(f.Crashes, crash)
	}
	for range r.IntN(3) {
		f.Slow = append(f.Slow, Slowdown{At: upTo(3 * time.Second), Replica: r.IntN(replicas), Factor: 1 + 5*r.Float64(), For: upTo(time.Second)})
	}
	if r.IntN(2) == 0 {
		f.MTBF, f.Repair = 200*time.Millisecond+upTo(10*time.Second), upTo(time.Second)
	}
	if r.IntN(2) == 0 {
		f.SlowMTBF, f.SlowFor, f.SlowFactor = 100*time.Millisecond+upTo(5*time.Second), upTo(time.Second), 2
	}
	if r.IntN(3) == 0 {
		c.Admission = Admission{Rate: 5 + 100*r.Float64(), Burst: 1 + r.IntN(20), MaxWaiting: r.IntN(40), Deadlines: r.IntN(2) == 0}
	}
}

func TestNothingIsLostWhateverGoesWrong(t *testing.T) {
	outcomes, retries := map[metrics.Outcome]int{}, 0
	for _, router := range scheduler.Routers() {
		t.Run(router.Name, func(t *testing.T) {
			for seed := range seeds() {
				w, again := newWatcher(t), newWatcher(t)
				c, _ := layout(router, seed, w, trouble)
				serve(t, c).checkEmpty(t)
				for _, l := range w.of {
					outcomes[l.Outcome]++
				}
				retries += w.retries
				if len(w.finished) != 100 {
					t.Errorf("%d requests ended of 100", len(w.finished))
				}
				if seed%4 == 0 {
					c, _ = layout(router, seed, again, trouble)
					serve(t, c)
					if !reflect.DeepEqual(w.of, again.of) || !reflect.DeepEqual(w.pools, again.pools) {
						t.Error("two runs differ")
					}
				}
				if t.Failed() {
					t.Fatalf("in seed %d", seed)
				}
			}
		})
	}
	t.Logf("covered %d retries, outcomes %v", retries, outcomes)
}

// A crash between any two wake-ups of a small run loses no request and no block: of
// every policy in every layout, under every router in turn.
func TestCrashAtEveryEventLosesNothing(t *testing.T) {
	crashes, routers := 0, scheduler.Routers()
	last := combinations()
	if testing.Short() {
		last = uint64(len(routers))
	}
	for seed := range last {
		router := routers[seed%uint64(len(routers))]
		for event := 0; crashAt(t, router, seed, event); event++ {
			if crashes++; t.Failed() {
				t.Fatalf("with a crash after %d events of seed %d under %s", event, seed, router.Name)
			}
		}
	}
	t.Logf("%d crashes", crashes)
}

// crashAt crashes a replica after so many events of a random run, and reports
// whether there were as many.
func crashAt(t *testing.T, router scheduler.RouterKind, seed uint64, event int) bool {
	w := newWatcher(t)
	w.reasons = map[int]string{}
	c, _ := layout(router, seed, w)
	c.Source.(*list).rest = c.Source.(*list).rest[:10]
	c.Faults.Retries = int(seed % 3)
	f := newFeed(c)
	f.begin()
	for range event {
		if f.engine.next() == Never {
			return false
		}
		f.engine.step()
	}
	if f.engine.next() == Never {
		return false
	}
	f.crash(event%len(f.lanes), time.Second, f.engine.next())
	if err := f.engine.Run(context.Background()); err != nil {
		t.Error(err)
	}
	f.checkEmpty(t)
	if len(w.finished) != 10 {
		t.Errorf("%d requests ended of 10", len(w.finished))
	}
	for id, reason := range w.reasons {
		if strings.Contains(reason, "crashed") && c.Faults.Retries > 0 {
			t.Errorf("request %d failed after one crash, with %d retries: %s", id, c.Faults.Retries, reason)
		}
	}
	return true
}
