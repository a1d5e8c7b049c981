package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// viewerPage loads the trace viewer of Chrome (Catapult), which is the reference of
// the Trace Event Format, imports /trace.json and shows it. What it has read is in
// the variable model, a failure in failed.
const viewerPage = `<!DOCTYPE html>
<script src="/webcomponents.min.js"></script>
<link rel="import" href="/trace_viewer_full.html">
<style>html, body, #trace-viewer { height: 100%; width: 100%; margin: 0 }</style>
<script>
let model, failed = "";
const done = new Promise(finish => document.addEventListener("WebComponentsReady", async () => {
  try {
    const container = document.createElement("track-view-container");
    container.id = "track_view_container";
    const viewer = document.createElement("tr-ui-timeline-view");
    viewer.track_view_container = container;
    Polymer.dom(viewer).appendChild(container);
    viewer.id = "trace-viewer";
    viewer.globalMode = true;
    Polymer.dom(document.body).appendChild(viewer);
    const text = await (await fetch("/trace.json")).text();
    model = new tr.Model();
    const options = new tr.importer.ImportOptions();
    options.shiftWorldToZero = false;
    await new tr.importer.Import(model, options).importTracesWithProgressDialog([text]);
    viewer.model = model;
  } catch (e) { failed = String(e && e.stack || e) }
  finish();
}));
function read() {
  const seen = {failed, warnings: model.importWarnings.map(w => w.type + ": " + w.message), unfinished: 0, slices: [], counters: {}};
  const ns = ms => Math.round(ms * 1e6);
  for (const p of model.getAllProcesses()) {
    for (const t of Object.values(p.threads)) {
      for (const s of t.sliceGroup.slices) {
        seen.unfinished += s.didNotFinish;
        seen.slices.push([p.name, t.name, s.title, ns(s.start), ns(s.duration)].join("|"));
      }
    }
    for (const c of Object.values(p.counters)) seen.counters[p.name + "|" + c.name] = c.timestamps.length;
  }
  return JSON.stringify(seen);
}
</script>`

// viewerFolder is where Go keeps the viewer for its own traces.
func viewerFolder(t *testing.T) string {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("there is no go command, whose trace viewer is used")
	}
	folder := filepath.Join(strings.TrimSpace(string(root)), "src/internal/trace/traceviewer/static")
	if _, err := os.Stat(filepath.Join(folder, "trace_viewer_full.html")); err != nil {
		t.Skip("this Go has no trace viewer: ", err)
	}
	return folder
}

func TestChromesTraceViewerReadsTheTimelineInABrowser(t *testing.T) {
	b := openBrowser(t)
	l := traced(300)
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(viewerFolder(t))))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(viewerPage)) })
	mux.HandleFunc("/trace.json", func(w http.ResponseWriter, _ *http.Request) { w.Write(l.JSON()) })
	server := httptest.NewServer(mux)
	defer server.Close()
	b.visit(server.URL)
	b.eval("done")
	var got, want seen
	if err := json.Unmarshal([]byte(b.eval("read()")), &got); err != nil {
		t.Fatal(err)
	}
	want.read(l.draw())
	if got.Failed != "" || len(got.Warnings) > 0 || got.Unfinished > 0 {
		t.Errorf("the viewer fails with %q, warns of %q and has %d slices without an end", got.Failed, got.Warnings, got.Unfinished)
	}
	slices.Sort(got.Slices)
	slices.Sort(want.Slices)
	if !slices.Equal(got.Slices, want.Slices) {
		t.Errorf("the viewer has %d slices, the timeline %d, or others", len(got.Slices), len(want.Slices))
	}
	if !maps.Equal(got.Counters, want.Counters) || len(want.Counters) == 0 {
		t.Errorf("the viewer has the counters %v, the timeline %v", got.Counters, want.Counters)
	}
	if n := b.screenshot("trace-viewer"); n < 10 {
		t.Errorf("the viewer shows %d colours", n)
	}
}

// seen is what is in a timeline: slices with group, track, name, start and length in
// nanoseconds, and how many values counters have.
type seen struct {
	Failed     string
	Warnings   []string
	Unfinished int
	Slices     []string
	Counters   map[string]int
}

// read counts a trace afresh. Instants are slices of no length.
func (s *seen) read(t *trace) {
	s.Counters = map[string]int{}
	open := map[int][]traceEvent{}
	add := func(from, to traceEvent) {
		k := t.tracks[from.track]
		s.Slices = append(s.Slices, fmt.Sprintf("%s|%s|%s|%d|%d", t.tracks[k.group].name, k.name, from.name, from.at, to.at-from.at))
	}
	for _, e := range t.events {
		switch e.kind {
		case begins:
			open[e.track] = append(open[e.track], e)
		case ends:
			last := len(open[e.track]) - 1
			add(open[e.track][last], e)
			open[e.track] = open[e.track][:last]
		case happens:
			add(e, e)
		case counts:
			k := t.tracks[e.track]
			s.Counters[t.tracks[k.group].name+"|"+k.name]++
		}
	}
}
