package report

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// traced returns a timeline of as many iterations and requests.
func traced(n int) *Timeline {
	l := NewTimeline(1)
	for i := range n {
		at := time.Duration(i+3) * time.Millisecond
		l.Iteration(&metrics.Iteration{Replica: i % 2, Start: at, End: at + time.Millisecond, Preemptions: i % 2, Deeds: deeds(i)})
		c := metrics.Completion{
			Request:  workloads.Request{ID: i, Arrival: at - 3*time.Millisecond},
			Admitted: at - 2*time.Millisecond, Own: []time.Duration{at + time.Millisecond, at + 2*time.Millisecond}, Finish: at + 2*time.Millisecond,
		}
		if i%3 == 0 {
			l.Transfer(&metrics.Transfer{Request: i, From: 0, To: 1, Tokens: 10, Ready: at, Start: at + 1, End: at + 2})
		}
		if i%10 == 9 {
			c.Outcome, c.Own = metrics.Rejected, nil
		}
		l.Finished(&c)
	}
	return l
}

// deeds returns what an iteration did: a chunk of the request that ends with it and of
// the one after it, which every fourth takes out again.
func deeds(i int) iter.Seq[metrics.Deed] {
	all := []metrics.Deed{{Request: i, Tokens: 100}, {Request: i + 1, Tokens: 50}}
	if i%4 == 0 {
		all[1].Tokens = 0
	}
	return slices.Values(all)
}

// The life of a request shows each of its chunks, and that it waited after it was
// preempted until the next.
func TestRequestsShowTheirChunks(t *testing.T) {
	l := NewTimeline(1)
	at := func(i int) time.Duration { return time.Duration(i) * time.Millisecond }
	for i, d := range []metrics.Deed{{Request: 7, Tokens: 512}, {Request: 7}, {Request: 8, Tokens: 9}, {Request: 7, Tokens: 600}} {
		l.Iteration(&metrics.Iteration{Replica: 3, Start: at(i), End: at(i + 1), Deeds: slices.Values([]metrics.Deed{d})})
	}
	l.Finished(&metrics.Completion{Request: workloads.Request{ID: 7}, Own: []time.Duration{at(4), at(5)}, Finish: at(5), Preemptions: 1})
	var got []string
	var open []traceEvent
	drawn := l.draw()
	for _, e := range drawn.events {
		switch {
		case drawn.tracks[e.track].name != "request 7":
		case e.kind == begins:
			open = append(open, e)
		case e.kind == ends:
			b := open[len(open)-1]
			open = open[:len(open)-1]
			got = append(got, fmt.Sprint(b.name, " ", b.at, " ", e.at))
		}
	}
	want := []string{"queued 0s 0s", "512 tokens 0s 1ms", "preempted 1ms 3ms", "600 tokens 3ms 4ms", "prefill 0s 4ms", "decode 4ms 5ms"}
	if !slices.Equal(got, want) {
		t.Errorf("the request shows\n%q\nmust show\n%q", got, want)
	}
}

// Both formats tell the same.
func TestJSONHasTheEventsOfTheTrace(t *testing.T) {
	l := traced(300)
	var got struct {
		TraceEvents []struct {
			Ph, Name string
			Pid, Tid int
			Ts       float64
		}
	}
	if err := json.Unmarshal(l.JSON(), &got); err != nil {
		t.Fatal(err)
	}
	depth, kinds := map[int]int{}, map[string]int{}
	for _, e := range got.TraceEvents {
		kinds[e.Ph]++
		depth[e.Tid] += map[string]int{"B": 1, "E": -1}[e.Ph]
		if depth[e.Tid] < 0 || e.Pid == 0 || e.Tid == 0 {
			t.Fatalf("event %+v", e)
		}
	}
	want := map[string]int{}
	for _, e := range l.draw().events {
		want[map[eventKind]string{begins: "B", ends: "E", happens: "i", counts: "C"}[e.kind]]++
	}
	for phase, n := range want {
		if kinds[phase] != n || n == 0 {
			t.Errorf("%d events of kind %s (must be %d)", kinds[phase], phase, n)
		}
	}
	if traced(100_000).JSON() != nil {
		t.Error("a long run has JSON")
	}
}

func TestTracesStaySmallHoweverLongTheRun(t *testing.T) {
	l := traced(100_000)
	if n := len(l.Trace()); n > 10e6 {
		t.Errorf("a trace of %d bytes (must have 10 million at most)", n)
	}
	if n := len(l.kept); n > mostIterations || n < mostIterations/2-blockIterations {
		t.Errorf("%d iterations kept (must be about half of %d or more)", n, mostIterations)
	}
	for i := 1; i < len(l.kept); i++ {
		if l.blocks[i] == l.blocks[i-1] && l.kept[i].Start != l.kept[i-1].End {
			t.Fatalf("iteration %d does not follow the one before, though both are in block %d", i, l.blocks[i])
		}
	}
	if !strings.Contains(l.Rule(), "of 100000 iterations (every 8th block of 256), 500 of 100000 requests (smallest hashes), at most 50 chunks") {
		t.Errorf("the rule is %q", l.Rule())
	}
}

// A replica shows why it did not serve until it does again, and what lasts to the end.
func TestFaultsLastUntilTheyAreOver(t *testing.T) {
	l := NewTimeline(1)
	for i, s := range []metrics.Standing{
		{Replica: 1, Down: "crashed", Slow: 1}, {Replica: 0, Slow: 2}, {Replica: 1, Slow: 1}, {Replica: 1, Down: "draining", Slow: 1},
	} {
		s.At = time.Duration(i) * time.Second
		l.Standing(&s)
	}
	l.Iteration(&metrics.Iteration{Start: 4 * time.Second, End: 5 * time.Second})
	var got []string
	drawn := l.draw()
	for _, e := range drawn.events {
		if on := drawn.tracks[e.track].name; on == "replica 0" || on == "replica 1" {
			got = append(got, fmt.Sprint(on, " ", e.at, " ", e.name))
		}
	}
	want := []string{
		"replica 1 0s crashed", "replica 0 1s 2 times as slow", "replica 1 2s ", "replica 1 3s draining",
		"replica 1 5s ", "replica 0 5s ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("drawn is\n%q\nmust be\n%q", got, want)
	}
}
