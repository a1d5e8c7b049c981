package study

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"metronome/metrics"
)

func contenders(t testing.TB, settings ...[]string) (all []Contender) {
	t.Helper()
	for i, s := range settings {
		all = append(all, Contender{Name: string(rune('A' + i)), Experiment: open(t, s...)})
	}
	return all
}

func compareAll(t testing.TB, c CompareOptions, all ...Contender) *Comparison {
	t.Helper()
	r, err := Compare(t.Context(), all, embedded, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnExperimentDoesNotDifferFromItself(t *testing.T) {
	same := []string{"workload.requests=100"}
	for _, f := range compareAll(t, CompareOptions{Seeds: 3}, contenders(t, same, same)...).Figures {
		if d := f.Differences[1]; d.Mean != 0 || d.Half != 0 {
			t.Errorf("%s differs by %v ± %v", f.Name, d.Mean, d.Half)
		}
	}
}

func TestDifferencesArePairedBySeed(t *testing.T) {
	settings := []string{"workload.requests=150", "seed=4"}
	r := compareAll(t, CompareOptions{Seeds: 3}, contenders(t, settings, append(settings, "scheduler.policy=sarathi"))...)
	for _, f := range r.Figures {
		var all []float64
		for _, seed := range []string{"4", "5", "6"} {
			a := run(t, "workload.requests=150", "seed="+seed)
			b := run(t, "workload.requests=150", "seed="+seed, "scheduler.policy=sarathi")
			x, _ := a.Lookup(f.Key)
			y, _ := b.Lookup(f.Key)
			all = append(all, y-x)
		}
		if want := NewInterval(all); math.Abs(want.Mean-f.Differences[1].Mean) > 1e-9*math.Abs(want.Mean) {
			t.Errorf("%s differs by %v, not %v", f.Name, f.Differences[1], want)
		}
	}
}

func TestAHalvedTargetIsShownAndAnIdleChangeIsNot(t *testing.T) {
	settings := []string{"workload.requests=300"}
	r := compareAll(t, CompareOptions{}, contenders(t, settings, append(settings, "deployment.gpu=a100-sxm"), append(settings, "scheduler.max_output_tokens=2048"))...)
	if text := r.against(1); !strings.HasPrefix(text, "B is worse than A at ") || !strings.Contains(text, "P99 TBT by") {
		t.Errorf("a slower GPU: %s", text)
	}
	if text := r.against(2); !strings.HasPrefix(text, "Between C and A no difference is shown") {
		t.Errorf("a bound that binds nobody: %s", text)
	}
}

func TestAllAreHeldToOneReference(t *testing.T) {
	slow, fast := []string{"deployment.gpu=a100-sxm", "workload.requests=50"}, []string{"workload.requests=50"}
	named := append(fast, `slo.reference={gpu="l40s",model="llama-3.1-8b"}`)
	for want, all := range map[string][][]string{
		"a100-sxm": {slow, fast}, "h100-sxm": {fast, slow}, "l40s": {slow, named},
	} {
		if r := compareAll(t, CompareOptions{Seeds: 1}, contenders(t, all...)...); !strings.Contains(r.Reference, want) {
			t.Errorf("%v are held to %s", all, r.Reference)
		}
	}
}

func TestComparisonDoesNotDependOnTheNumberOfWorkers(t *testing.T) {
	all := contenders(t, []string{"workload.requests=80"}, []string{"workload.requests=80", "scheduler.policy=orca"})
	a, b := compareAll(t, CompareOptions{Workers: 1}, all...), compareAll(t, CompareOptions{Workers: 4}, all...)
	if x, y := string(a.JSON("", 1)), string(b.JSON("", 1)); x != y {
		t.Error(cmp.Diff(x, y))
	}
}

func TestARecordingOfARunDoesNotDifferFromIt(t *testing.T) {
	e := open(t, "workload.requests=100", "slo.tbt=10ms")
	p, err := e.Plan(embedded)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	o, err := p.NewOutput(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), o.Watchers...); err != nil {
		t.Fatal(err)
	}
	if err := o.Keep(nil); err != nil {
		t.Fatal(err)
	}
	rec, err := OpenRecording([]string{filepath.Join(folder, TokensFile)})
	if err != nil {
		t.Fatal(err)
	}
	r := compareAll(t, CompareOptions{Seeds: 1}, Contender{Name: "simulated", Experiment: e}, Contender{Name: "recorded", Recording: rec})
	for _, f := range r.Figures {
		if d := f.Differences[1].Mean; math.Abs(d) > 1e-9*math.Abs(f.Values[0].Mean) {
			t.Errorf("%s differs by %v", f.Name, d)
		}
	}
	if len(r.Figures) < 10 {
		t.Errorf("only %d figures are compared", len(r.Figures))
	}
}

func TestWhatCannotBeComparedIsRefused(t *testing.T) {
	base := []string{"workload.requests=20"}
	for want, all := range map[string][][]string{
		"nothing to compare with":                           {base},
		"B: workload.arrivals.rate: 7 (must be 6, as in A)": {base, append(base, "workload.arrivals.rate=7")},
		"B: slo.tbt: ": {base, append(base, "slo.tbt=50ms")},
		"does not fit": {base, append(base, "deployment.model=llama-2-70b")},
	} {
		if _, err := Compare(context.Background(), contenders(t, all...), embedded, CompareOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v (must say %q)", all, err, want)
		}
	}
}

// run returns the report of the default experiment with settings.
func run(t testing.TB, settings ...string) *metrics.Report {
	t.Helper()
	r, err := plan(t, "", settings...).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}
