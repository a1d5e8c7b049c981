package report

import "time"

// A trace is what happened when, on tracks, for a viewer to draw. Events of a track
// that begin or end at the same time are in the order in which they were added.
type trace struct {
	tracks []track
	events []traceEvent
}

// A track is a line of a trace. The first of a group names the group.
type track struct {
	name   string
	group  int // the number of the track that leads the group, its own if it does
	counts bool
}

// A traceEvent is on the track of a number.
type traceEvent struct {
	track int
	at    time.Duration
	kind  eventKind
	name  string
	value int // of a counted event
	about []annotation
}

// The kinds of events, numbered as in Perfetto's protocol buffers.
type eventKind uint64

const (
	begins eventKind = 1 + iota
	ends
	happens
	counts
)

// An annotation is what a slice tells when it is clicked: a number, or a text.
type annotation struct {
	name   string
	number int64
	text   string
}

// group adds a group of tracks and returns its number.
func (t *trace) group(name string) int {
	n := len(t.tracks)
	t.tracks = append(t.tracks, track{name: name, group: n})
	return n
}

// child adds a track to a group and returns its number.
func (t *trace) child(group int, name string) int {
	t.tracks = append(t.tracks, track{name: name, group: group})
	return len(t.tracks) - 1
}

// counter adds a track of numbers to a group and returns its number.
func (t *trace) counter(group int, name string) int {
	n := t.child(group, name)
	t.tracks[n].counts = true
	return n
}

// begin starts something that lasts until end.
func (t *trace) begin(track int, at time.Duration, name string, about ...annotation) {
	t.events = append(t.events, traceEvent{track: track, at: at, kind: begins, name: name, about: about})
}

func (t *trace) end(track int, at time.Duration) {
	t.events = append(t.events, traceEvent{track: track, at: at, kind: ends})
}

// slice adds something that lasts.
func (t *trace) slice(track int, from, to time.Duration, name string, about ...annotation) {
	t.begin(track, from, name, about...)
	t.end(track, to)
}

// instant adds something that happens at a time.
func (t *trace) instant(track int, at time.Duration, name string) {
	t.events = append(t.events, traceEvent{track: track, at: at, kind: happens, name: name})
}

// count adds a number that holds from a time on.
func (t *trace) count(track int, at time.Duration, value int) {
	t.events = append(t.events, traceEvent{track: track, at: at, kind: counts, value: value})
}
