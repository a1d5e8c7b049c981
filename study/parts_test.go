package study

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

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
