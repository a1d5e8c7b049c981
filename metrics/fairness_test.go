package metrics

import (
	"math/rand/v2"
	"testing"
	"time"

	"metronome/workloads"
)

// TestTimelineGrowsWithoutATrace compares windows that grew with windows that
// had their width from the start.
func TestTimelineGrowsWithoutATrace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var grown, wide timeline
		g, w := grown.lane(), wide.lane()
		end := time.Duration(rng.Int64N(int64(time.Hour)))
		wide.reach(end)
		for range 20 {
			to := time.Duration(rng.Int64N(int64(end) + 1))
			from := time.Duration(rng.Int64N(int64(to) + 1))
			amount := rng.Int64N(10_000)
			grown.reach(to)
			grown.spread(&g.service, from, to, amount)
			wide.spread(&w.service, from, to, amount)
			grown.wait(g, from, to)
			wide.wait(w, from, to)
		}
		grown.reach(end)
		g.settle(grown.width())
		w.settle(wide.width())
		if *g != *w {
			t.Fatalf("windows differ at width %v", grown.width())
		}
	}
}

func TestTimelineSplitsEvenly(t *testing.T) {
	var line timeline
	l := line.lane()
	line.spread(&l.service, 1500*time.Microsecond, 4*time.Millisecond, 100)
	if got := [5]int64(l.service[:5]); got != [5]int64{0, 20, 40, 40, 0} {
		t.Errorf("windows of a millisecond have %v", got)
	}
	line.wait(l, 1500*time.Microsecond, 4*time.Millisecond)
	line.wait(l, 2*time.Millisecond, 2500*time.Microsecond)
	l.settle(line.width())
	if got := [5]int64(l.waiting[:5]); got != [5]int64{0, 500_000, 1_500_000, 1_000_000, 0} {
		t.Errorf("windows of a millisecond have %v ns of waiting", got)
	}
}

// TestServiceGap has two tenants in queue for ten seconds, one of which is served.
func TestServiceGap(t *testing.T) {
	set := New(Options{SLO: DefaultSLO(), Requests: 40})
	serve := func(id int, tenant string, admitted, finish time.Duration) {
		set.Finished(&Completion{
			Request:  workloads.Request{ID: id, PromptTokens: 100, Tenant: tenant},
			Deadline: time.Second, Admitted: admitted, Finish: finish, Own: []time.Duration{finish},
		})
	}
	for i := range 20 {
		at := time.Duration(i) * 500 * time.Millisecond
		serve(i, "first", at, at+100*time.Millisecond)
		serve(20+i, "second", 10*time.Second+at, 10*time.Second+at+100*time.Millisecond)
	}
	r := set.Report()
	// Each request is 100 + 2·1 tokens of service, and the first tenant has one in
	// queue until 9.5 s.
	if gap, ok := r.Lookup("fairness.largest_service_gap_tokens"); !ok || gap < 18*102 || gap > 20*102 {
		t.Errorf("largest gap %v", gap)
	}
	if j, _ := r.Lookup("fairness.jain_service"); j != 1 {
		t.Errorf("Jain's index of equal service is %v", j)
	}
	if j, _ := r.Lookup("fairness.jain_ttft"); j >= 1 || j < 0.5 {
		t.Errorf("Jain's index of unequal TTFT is %v", j)
	}
	if s, _ := r.Lookup("tenants.second.service_tokens"); s != 20*102 {
		t.Errorf("second tenant got %v", s)
	}
}
