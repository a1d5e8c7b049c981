package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"metronome/profiles"
)

var embedded = Options{Profiles: profiles.FS}

// open returns the default experiment with settings.
func open(t testing.TB, settings ...string) *Experiment {
	t.Helper()
	e, err := Open("", settings...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A server of one request at a time, each of which takes the same time S, is an
// M/D/1 queue: at the rate λ the mean wait is W = λS²/2(1−λS). So the rate at
// which it is W is 2W/(S²+2WS).
func TestCapacityOfASingleServerIsThatOfMD1(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	settings := []string{
		"workload.requests=30000", "workload.prompt.distribution=fixed", "workload.prompt.value=600",
		"workload.output.distribution=fixed", "workload.output.value=1", "scheduler.max_sequences=1",
	}
	service := plan(t, "", settings...).Reference.Prefill(600).Seconds()
	for _, load := range []float64{0.3, 0.6, 0.8} {
		want := load / service
		wait := want * service * service / (2 * (1 - load))
		r, err := Capacity(t.Context(), open(t, settings...), embedded, CapacityOptions{
			Criterion: fmt.Sprintf("latency.scheduling_delay_ms.mean<=%v", 1e3*wait), Seeds: 4, Tolerance: 0.01,
		})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Rate.Mean/want-1) > 0.02 {
			t.Errorf("load %v: the capacity is %v ± %v (M/D/1: %v)", load, r.Rate.Mean, r.Rate.Half, want)
		}
	}
}

func TestCapacityDoesNotDependOnTheNumberOfWorkers(t *testing.T) {
	var results []*CapacityResult
	for _, n := range []int{1, 4} {
		r, err := Capacity(t.Context(), open(t, "workload.requests=200"), embedded, CapacityOptions{Seeds: 3, Workers: n})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	if a, b := results[0].JSON("", 1), results[1].JSON("", 1); string(a) != string(b) {
		t.Error(cmp.Diff(string(a), string(b)))
	}
}

func TestCapacityScalesWithReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	rate := func(replicas string) float64 {
		r, err := Capacity(t.Context(), open(t, "workload.requests=4000", "deployment.replicas="+replicas), embedded, CapacityOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Rate.Mean
	}
	if one, four := rate("1"), rate("4"); four < 3.5*one || four > 5*one {
		t.Errorf("one replica holds %v, four hold %v", one, four)
	}
}

func TestCapacityRefusesWhatHasNone(t *testing.T) {
	for _, c := range []struct {
		settings []string
		options  CapacityOptions
	}{
		{[]string{"workload.arrivals.process=closed-loop", "workload.arrivals.users=3"}, CapacityOptions{}},
		{nil, CapacityOptions{Seeds: -1}},
		{nil, CapacityOptions{Tolerance: 2}},
		{nil, CapacityOptions{Criterion: "best"}},
		{nil, CapacityOptions{Criterion: "ttft"}},
		{nil, CapacityOptions{Criterion: "latency.tftt<=3"}},
		{nil, CapacityOptions{Criterion: "latency.ttft_ms.p99<=nan"}},
	} {
		if r, err := Capacity(t.Context(), open(t, c.settings...), embedded, c.options); err == nil {
			t.Errorf("%v, %+v: %s", c.settings, c.options, r.Answer())
		}
	}
}

func TestAnEndedContextEndsTheSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	probes := 0
	_, err := Capacity(ctx, open(t), embedded, CapacityOptions{Workers: 1, Probed: func(Probe) {
		if probes++; probes == 12 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || probes > 13 {
		t.Errorf("%v after %d probes", err, probes)
	}
}
