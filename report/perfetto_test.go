package report

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// published are the messages of Perfetto (protos/perfetto/trace, .proto of each in
// lower case) as far as timelines use them: their fields by number, with the message
// inside or "text", or "integer".
var published = map[string]map[protowire.Number]string{
	"Trace":             {1: "TracePacket"},
	"TracePacket":       {8: "integer", 10: "integer", 11: "TrackEvent", 13: "integer", 60: "TrackDescriptor"},
	"TrackDescriptor":   {1: "integer", 2: "text", 3: "ProcessDescriptor", 5: "integer", 8: "CounterDescriptor"},
	"ProcessDescriptor": {1: "integer", 6: "text"},
	"CounterDescriptor": {},
	"TrackEvent":        {4: "DebugAnnotation", 9: "integer", 11: "integer", 23: "text", 30: "integer"},
	"DebugAnnotation":   {4: "integer", 6: "text", 10: "text"},
}

// A decoded message has its fields by number: messages, texts ([]byte) and integers.
type decoded map[protowire.Number][]any

// decode reads a message, all of whose fields must be published with their kind.
func decode(t *testing.T, name string, b []byte) decoded {
	t.Helper()
	m := decoded{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		what, known := published[name][number]
		if n < 0 || !known || (what == "integer") != (kind == protowire.VarintType) || kind != protowire.VarintType && kind != protowire.BytesType {
			t.Fatalf("%s: field %d of wire type %d (have %v)", name, number, kind, published[name])
		}
		b = b[n:]
		if what == "integer" {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				t.Fatal(protowire.ParseError(n))
			}
			m[number], b = append(m[number], v), b[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		if what == "text" {
			m[number] = append(m[number], v)
		} else {
			m[number] = append(m[number], decode(t, what, v))
		}
	}
	return m
}

// integer returns a field that must be there once.
func (m decoded) integer(t *testing.T, number protowire.Number) uint64 {
	t.Helper()
	if len(m[number]) != 1 {
		t.Fatalf("field %d is there %d times in %v (must be once)", number, len(m[number]), m)
	}
	return m[number][0].(uint64)
}

// An importer does with packets what Perfetto's does, and fails where that one would
// count an error or drop something.
type importer struct {
	t        *testing.T
	counters map[uint64]bool // of the tracks that are described: whether they count
	pids     map[uint64]bool
	events   []decoded // packets with an event
}

// describe takes in a track.
func (i *importer) describe(track decoded) {
	i.t.Helper()
	uuid := track.integer(i.t, 1)
	if _, twice := i.counters[uuid]; uuid == 0 || twice {
		i.t.Fatalf("the uuid %d is that of two tracks, or none", uuid)
	}
	if p := track[3]; p != nil {
		process := p[0].(decoded)
		pid := process.integer(i.t, 1)
		if pid == 0 || pid > math.MaxInt32 || i.pids[pid] || len(process[6]) != 1 {
			i.t.Fatalf("process %v: its pid is taken or out of range, or it has no name", process)
		}
		i.pids[pid] = true
	} else if _, known := i.counters[track.integer(i.t, 5)]; !known || len(track[2]) != 1 {
		i.t.Fatalf("track %v has no name, or comes before its parent", track)
	}
	i.counters[uuid] = track[8] != nil
}

// take takes in a packet.
func (i *importer) take(packet decoded) {
	i.t.Helper()
	if packet.integer(i.t, 10) == 0 || packet[13] != nil {
		i.t.Fatalf("packet %v has no sequence, or flags of a state that it does not set up", packet)
	}
	switch {
	case len(packet[60]) == 1 && packet[11] == nil:
		i.describe(packet[60][0].(decoded))
	case len(packet[11]) == 1 && packet[60] == nil:
		event := packet[11][0].(decoded)
		counter, known := i.counters[event.integer(i.t, 11)]
		counted := event.integer(i.t, 9) == 4
		if at := packet.integer(i.t, 8); !known || at > math.MaxInt64 || counter != counted || counted != (len(event[30]) == 1) {
			i.t.Fatalf("event %v at %d: its track is unknown or of another kind, or its time negative", event, at)
		}
		i.events = append(i.events, packet)
	default:
		i.t.Fatalf("packet %v has not one content", packet)
	}
}

// nest sorts the events by time, as Perfetto does, and follows the slices.
func (i *importer) nest() {
	slices.SortStableFunc(i.events, func(a, b decoded) int { return cmp.Compare(a[8][0].(uint64), b[8][0].(uint64)) })
	depth := map[uint64]int{}
	for _, packet := range i.events {
		event := packet[11][0].(decoded)
		track := event.integer(i.t, 11)
		switch kind := event.integer(i.t, 9); {
		case kind == 1 && len(event[23]) == 1:
			depth[track]++
		case kind == 2:
			depth[track]--
		case kind == 3 && len(event[23]) == 1, kind == 4:
		default:
			i.t.Fatalf("event %v is of no kind, or has no name", event)
		}
		if depth[track] < 0 || depth[track] > 2 {
			i.t.Fatalf("%d slices are open at once on the track %d", depth[track], track)
		}
	}
	for track, open := range depth {
		if open != 0 {
			i.t.Errorf("%d slices stay open on the track %d", open, track)
		}
	}
}

func TestPerfettoTakesAllOfATrace(t *testing.T) {
	l := traced(1000)
	i := &importer{t: t, counters: map[uint64]bool{}, pids: map[uint64]bool{}}
	for _, packet := range decode(t, "Trace", l.Trace())[1] {
		i.take(packet.(decoded))
	}
	i.nest()
	transfers := 0
	for _, r := range l.sample.kept {
		if r.life.transfer != nil {
			transfers++
		}
	}
	if want := 2*5 + 1 + 500 + 1 + transfers; len(i.counters) != want || transfers == 0 {
		t.Errorf("%d tracks (must be %d)", len(i.counters), want)
	}
	if want := len(l.draw().events); len(i.events) != want {
		t.Errorf("%d events (must be %d)", len(i.events), want)
	}
}
