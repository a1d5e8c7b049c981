package twin_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/live"
	"metronome/live/twin"
	"metronome/metrics"
	"metronome/sim"
	"metronome/workloads"
)

// load sends n requests of some tokens at once, and returns what came back, by kind of
// failure, and a note of each kind. The replies that are finished must be whole.
func load(t *testing.T, base string, n, outputTokens int) (outcomes map[string]int, notes map[string]string) {
	t.Helper()
	var source requests
	for i := range n {
		source = append(source, workloads.Request{ID: i, PromptTokens: 5, OutputTokens: outputTokens})
	}
	outcomes, notes = map[string]int{}, map[string]string{}
	s := &live.Session{Endpoint: open(t, base, false), Prompter: ids(t), Source: &source, Ended: func(x *live.Exchange) {
		outcomes[x.Failure]++
		notes[x.Failure] = x.Note
		if x.Failure == "" && (x.Tokens() != outputTokens || x.Rule != "each") {
			t.Errorf("%d tokens by rule %s (want %d)", x.Tokens(), x.Rule, outputTokens)
		}
	}}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return outcomes, notes
}

// ended counts what the cluster says of requests, by outcome.
func (l *ledger) ended() map[metrics.Outcome]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[metrics.Outcome]int{}
	for _, c := range l.all {
		all[c.Outcome]++
	}
	return all
}

// crashing lets each replica crash again and again, sooner than a reply of 600 tokens
// takes.
func crashing(retries int) func(*sim.Config) {
	return func(c *sim.Config) {
		c.Faults.Retries = retries
		for i := range 100 {
			c.Faults.Crashes = append(c.Faults.Crashes, sim.Crash{At: time.Duration(i+1) * 300 * time.Millisecond, Replica: i % 2, Repair: 20 * time.Millisecond},
				sim.Crash{At: time.Duration(i+1)*300*time.Millisecond + time.Millisecond, Replica: (i + 1) % 2, Repair: 20 * time.Millisecond})
		}
	}
}

// A crash fails the requests in flight where nobody retries: their clients are told, by
// an error object behind the tokens they have, or by the status.
func TestCrashFailsWhatIsInFlight(t *testing.T) {
	base, _, l := serveBy(t, twin.Options{}, crashing(0))
	outcomes, notes := load(t, base, 40, 600)
	told := outcomes["error in the stream"] + outcomes["HTTP 503"]
	if told != 40 || outcomes["error in the stream"] == 0 {
		t.Errorf("outcomes %v (want 40 failures, most in the stream)", outcomes)
	}
	if failed := l.ended()[metrics.Failed]; failed != told {
		t.Errorf("clients know of %d failures, the cluster of %d", told, failed)
	}
	for kind, note := range notes {
		if !strings.Contains(note, "its replica has crashed") {
			t.Errorf("%s: %s", kind, note)
		}
	}
}

// Where requests are retried, their clients get every token once, later.
func TestCrashIsNotSeenWhereRequestsAreRetried(t *testing.T) {
	base, _, l := serveBy(t, twin.Options{}, crashing(1000))
	outcomes, _ := load(t, base, 40, 600)
	if !maps.Equal(outcomes, map[string]int{"": 40}) {
		t.Errorf("outcomes %v (want 40 finished)", outcomes)
	}
	retried := 0
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		retried += c.Retries
	}
	if retried < 40 {
		t.Errorf("%d retries (want one of each request at least)", retried)
	}
}

// Requests that no replica is left to serve are refused, and do not hang.
func TestNoReplicaIsLeft(t *testing.T) {
	base, _, l := serveBy(t, twin.Options{}, func(c *sim.Config) {
		c.Faults.Crashes = []sim.Crash{{Replica: 0}, {Replica: 1}}
	})
	outcomes, notes := load(t, base, 10, 5)
	if outcomes["HTTP 503"] != 10 || !strings.Contains(notes["HTTP 503"], "no replica is left") || l.ended()[metrics.Failed] != 10 {
		t.Errorf("outcomes %v, notes %v, at the cluster %v", outcomes, notes, l.ended())
	}
}

// A slow replica is slow for its clients too.
func TestSlowReplicaIsSlow(t *testing.T) {
	const factor, outputTokens = 6, 20
	base, _, _ := serveBy(t, twin.Options{}, func(c *sim.Config) { c.Faults.Slow = []sim.Slowdown{{Replica: 1, Factor: factor}} })
	var source requests
	for i := range 10 {
		source = append(source, workloads.Request{ID: i, PromptTokens: 5, OutputTokens: outputTokens})
	}
	slow, least := 0, (outputTokens-1)*factor*cost{}.IterationTime(hardware.Shape{})
	s := &live.Session{Endpoint: open(t, base, false), Prompter: ids(t), Source: &source, Ended: func(x *live.Exchange) {
		if x.Failure != "" {
			t.Errorf("failed: %s", x.Failure)
		}
		if time.Duration(x.Ended-x.Sent) >= least {
			slow++
		}
	}}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slow < 5 {
		t.Errorf("%d of 10 replies took %v or more (want those of the slow replica)", slow, least)
	}
}

// What admission control sheds is refused by 429, and counted alike on both sides.
func TestShedRequestsAreTold(t *testing.T) {
	base, _, l := serveBy(t, twin.Options{}, func(c *sim.Config) {
		c.Pools[0].MaxSequences = 1
		c.Admission.MaxWaiting = 3
	})
	outcomes, notes := load(t, base, 60, 300)
	shed := outcomes["HTTP 429"]
	if shed == 0 || outcomes[""] == 0 || shed+outcomes[""] != 60 || !strings.Contains(notes["HTTP 429"], "shed") {
		t.Errorf("outcomes %v, notes %v", outcomes, notes)
	}
	if got := l.ended(); got[metrics.Shed] != shed || got[metrics.Finished] != outcomes[""] {
		t.Errorf("at the cluster %v, at the clients %v", got, outcomes)
	}
}

// Replies that are not streamed fail by their status, whatever was computed of them.
func TestWholeRepliesFailByTheirStatus(t *testing.T) {
	base, _, _ := serveBy(t, twin.Options{}, crashing(0))
	status, text := post(t, base+"/v1/completions", `{"prompt":"a b c","max_tokens":600}`)
	if status != 503 || !strings.Contains(text, "its replica has crashed") || strings.Contains(text, "tick") {
		t.Errorf("HTTP %d: %s", status, fmt.Sprintf("%.300s", text))
	}
}
