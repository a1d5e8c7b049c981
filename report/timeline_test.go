package report

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"metronome/metrics"
	"metronome/workloads"
)

// fields returns the values of a field of a message, and fails if it is malformed.
func fields(t *testing.T, b []byte, field protowire.Number) (values [][]byte) {
	t.Helper()
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(number, kind, b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		if number == field {
			value := b[:n]
			if kind == protowire.BytesType {
				value, _ = protowire.ConsumeBytes(b)
			}
			values = append(values, value)
		}
		b = b[n:]
	}
	return values
}

func number(t *testing.T, b []byte, field protowire.Number) uint64 {
	t.Helper()
	v := fields(t, b, field)
	if len(v) != 1 {
		t.Fatalf("field %d is there %d times (must be once)", field, len(v))
	}
	n, _ := protowire.ConsumeVarint(v[0])
	return n
}

// traced returns a timeline of as many iterations and requests.
func traced(n int) *Timeline {
	l := NewTimeline(1)
	for i := range n {
		at := time.Duration(i) * time.Millisecond
		l.Iteration(&metrics.Iteration{Replica: i % 2, Start: at, End: at + time.Millisecond, Preemptions: i % 2})
		c := metrics.Completion{
			Request:  workloads.Request{ID: i, Arrival: at},
			Admitted: at + 1, Own: []time.Duration{at + 2, at + 3}, Finish: at + 3,
		}
		if i%10 == 9 {
			c.Outcome, c.Own = metrics.Rejected, nil
		}
		l.Finished(&c)
	}
	return l
}

func TestTracesAreWellFormed(t *testing.T) {
	depth := map[uint64]int{}
	named := map[uint64]bool{}
	for _, packet := range fields(t, traced(1000).Trace(), tracePacket) {
		for _, track := range fields(t, packet, packetTrack) {
			named[number(t, track, trackUUID)] = true
		}
		for _, event := range fields(t, packet, packetTrackEvent) {
			track := number(t, event, eventTrack)
			if !named[track] {
				t.Fatalf("an event on the track %d, which has no name", track)
			}
			switch number(t, event, eventType) {
			case sliceBegin:
				depth[track]++
			case sliceEnd:
				depth[track]--
			}
			if depth[track] < 0 || depth[track] > 1 {
				t.Fatalf("%d slices are open at once on the track %d", depth[track], track)
			}
		}
	}
	for track, open := range depth {
		if open != 0 {
			t.Errorf("%d slices stay open on the track %d", open, track)
		}
	}
	if len(named) != 2*5+1+500 {
		t.Errorf("%d tracks (must be 511)", len(named))
	}
}

func TestTracesStaySmallHoweverLongTheRun(t *testing.T) {
	l := traced(100_000)
	if n := len(l.Trace()); n > 8e6 {
		t.Errorf("a trace of %d bytes (must have 8 million at most)", n)
	}
	if n := len(l.kept); n > mostIterations || n < mostIterations/2-blockIterations {
		t.Errorf("%d iterations kept (must be about half of %d or more)", n, mostIterations)
	}
	for i := 1; i < len(l.kept); i++ {
		if l.blocks[i] == l.blocks[i-1] && l.kept[i].Start != l.kept[i-1].End {
			t.Fatalf("iteration %d does not follow the one before, though both are in block %d", i, l.blocks[i])
		}
	}
	if !strings.Contains(l.Rule(), "of 100000 iterations (every 8th block of 256), 500 of 100000 requests") {
		t.Errorf("the rule is %q", l.Rule())
	}
}
