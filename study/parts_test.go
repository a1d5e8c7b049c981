package study

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A divided recorder counts the parts that it is asked for.
type divided struct{ parts int }

func (*divided) Iteration(*metrics.Iteration) {}
func (*divided) Finished(*metrics.Completion) {}
func (*divided) Join(metrics.Recorder)        {}
func (d *divided) Part() metrics.Recorder {
	d.parts++
	return new(divided)
}

// filesOf returns the files that a run leaves with so many engines.
func filesOf(t *testing.T, engines int, settings []string) map[string][]byte {
	t.Helper()
	p := plan(t, "", settings...)
	p.engines = engines
	folder := filepath.Join(t.TempDir(), "run")
	o, err := p.NewOutput(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Discard()
	watch := new(divided)
	r, err := p.Run(context.Background(), append(o.Watchers, watch)...)
	if err != nil {
		t.Fatal(err)
	}
	if watch.parts != engines-1 {
		t.Fatalf("%d engines show a run in %d parts", engines, watch.parts+1)
	}
	if err := o.Keep(r.JSON()); err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, name := range files(t, folder) {
		if all[name], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// However many engines there are, the files of a run are the same to the last byte.
func TestFilesOfManyEnginesAreThoseOfOne(t *testing.T) {
	troubles := [][]string{
		{},
		{"workload.timeout=2s"},
		{"deployment.max_model_len=1500"}, // some requests are rejected
		{"deployment.kv_blocks=300", "deployment.max_model_len=3000"}, // some sequences are preempted
		{"workload.client_delay=true"},
		{"faults.mtbf=20s", "faults.repair=3s"},
		{"faults.slow_mtbf=10s", "faults.slow_for=5s"},
		{"admission.max_waiting=5"},
	}
	for i, router := range []string{"random", "round-robin", "weighted", "session-affinity", "least-loaded"} {
		for k, policy := range scheduler.Kinds() {
			seed := i*len(scheduler.Kinds()) + k
			settings := append([]string{
				"workload.requests=150", "workload.arrivals.rate=40", "deployment.replicas=5",
				"router.policy=" + router, "scheduler.policy=" + policy.Name, fmt.Sprint("seed=", seed),
			}, troubles[seed%len(troubles)]...)
			want := filesOf(t, 1, settings)
			if len(want) != 5 {
				t.Fatalf("%d files are written", len(want))
			}
			for name, file := range filesOf(t, 2+seed%3, settings) {
				if !bytes.Equal(file, want[name]) {
					t.Errorf("%q: %s of %d engines differs from that of one", settings, name, 2+seed%3)
				}
			}
		}
	}
}

// A whole recorder wants all of a run in order of time.
type whole struct {
	last   time.Duration
	behind int // iterations that ended before one that was reported earlier
}

func (*whole) Finished(*metrics.Completion) {}
func (w *whole) Iteration(it *metrics.Iteration) {
	if it.End < w.last {
		w.behind++
	}
	w.last = it.End
}

func TestWhoCannotBeDividedIsShownARunInOrderOfTime(t *testing.T) {
	p := plan(t, "", "workload.requests=3000", "workload.arrivals.rate=40", "deployment.replicas=5")
	p.engines = 3
	w, watch := new(whole), new(divided)
	if _, err := p.Run(context.Background(), w, watch); err != nil {
		t.Fatal(err)
	}
	if w.behind > 0 || watch.parts > 0 {
		t.Errorf("%d iterations were reported too late, the run was divided into %d more parts", w.behind, watch.parts)
	}
}
