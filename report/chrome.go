package report

import (
	"encoding/json"
	"fmt"
)

// A chromeEvent is an event of the Trace Event Format of Chrome, which Perfetto and
// other viewers read too. Times are in microseconds.
type chromeEvent struct {
	Phase string         `json:"ph"`
	Group int            `json:"pid"`
	Track int            `json:"tid"`
	Time  float64        `json:"ts"`
	Name  string         `json:"name,omitempty"`
	Scope string         `json:"s,omitempty"` // of an instant
	About map[string]any `json:"args,omitempty"`
}

// chrome returns the trace as JSON.
func (t *trace) chrome() []byte {
	var all []chromeEvent
	for i, k := range t.tracks {
		what := "thread_name"
		if k.group == i {
			what = "process_name"
		}
		if !k.counts {
			all = append(all, chromeEvent{Phase: "M", Group: k.group + 1, Track: i + 1, Name: what, About: map[string]any{"name": k.name}})
		}
	}
	for _, e := range t.events {
		all = append(all, e.chrome(t.tracks[e.track]))
	}
	text, err := json.Marshal(map[string]any{"traceEvents": all, "displayTimeUnit": "ms"})
	if err != nil {
		panic(fmt.Sprintf("report: trace: %v", err))
	}
	return text
}

func (e traceEvent) chrome(on track) chromeEvent {
	c := chromeEvent{
		Phase: map[eventKind]string{begins: "B", ends: "E", happens: "i", counts: "C"}[e.kind],
		Group: on.group + 1, Track: e.track + 1, Time: float64(e.at) / 1e3, Name: e.name,
	}
	switch e.kind {
	case happens:
		c.Scope = "t"
	case counts:
		c.Name, c.About = on.name, map[string]any{"value": e.value}
	}
	for _, a := range e.about {
		if c.About == nil {
			c.About = map[string]any{}
		}
		if c.About[a.name] = any(a.number); a.text != "" {
			c.About[a.name] = a.text
		}
	}
	return c
}
