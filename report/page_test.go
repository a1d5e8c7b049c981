package report

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/workloads"
)

// made returns a run of made-up requests, some of which stall, with its report.
func made(requests int) (*Run, *metrics.Report) {
	slo := metrics.DefaultSLO()
	set := metrics.New(metrics.Options{SLO: slo, Requests: requests, Pools: []metrics.Pool{{GPUs: 1}}})
	run := NewRun(Options{Seed: 7, SLO: slo, Cached: true})
	play(requests, func(int) []metrics.Recorder { return []metrics.Recorder{set, run} })
	return run, set.Report()
}

// play shows made-up requests, each to who is to see it.
func play(requests int, to func(request int) []metrics.Recorder) {
	for i := range requests {
		arrival := time.Duration(i) * 100 * time.Millisecond
		c := &metrics.Completion{
			Request:  workloads.Request{ID: i, Arrival: arrival, PromptTokens: 100, OutputTokens: 30},
			Admitted: arrival + 5*time.Millisecond, Deadline: arrival + 300*time.Millisecond,
		}
		at := arrival + 200*time.Millisecond
		for n := range 30 {
			gap := time.Duration(10+i%40) * time.Millisecond
			if n == 10 && i%7 == 0 {
				gap = 900 * time.Millisecond
			}
			if n > 0 {
				at += gap
				c.LongestGap = max(c.LongestGap, gap)
			}
			c.Own = append(c.Own, at)
		}
		c.Finish = at
		it := &metrics.Iteration{Start: arrival, End: arrival + 50*time.Millisecond, Running: 1 + i%5, Waiting: i % 3, UsedBlocks: i % 100, TotalBlocks: 100}
		for _, r := range to(i) {
			r.Iteration(it)
			r.Finished(c)
		}
	}
}

// However a run is dealt to parts, and in whatever order, its page is the same to the
// last byte.
func TestPartsOfARunMakeTheSamePage(t *testing.T) {
	const requests = 5000
	options := Options{Seed: 7, SLO: metrics.DefaultSLO(), Cached: true, IdleWatts: 9,
		Energy: func(_ int, _ *hardware.Shape, d time.Duration) int64 { return int64(d)/7 + 12345 }}
	page := func(r *Run) string {
		var b bytes.Buffer
		_, report := made(10)
		if err := (Page{Run: r, Report: report}).Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	whole := NewRun(options)
	play(requests, func(int) []metrics.Recorder { return []metrics.Recorder{whole} })
	for _, of := range []func(i int) int{
		func(i int) int { return i % 3 }, func(i int) int { return i / 2000 }, func(i int) int { return 2 - i/4999 },
	} {
		parts := []metrics.Divisible{NewRun(options)}
		for range 2 {
			parts = append(parts, parts[0].Part().(*Run))
		}
		for _, late := range []bool{true, false} { // the second half before the first
			play(requests, func(i int) []metrics.Recorder {
				if late != (i >= requests/2) {
					return nil
				}
				return []metrics.Recorder{parts[of(i)]}
			})
		}
		parts[0].Join(parts[1])
		parts[0].Join(parts[2])
		if got, want := parts[0].(*Run).load, whole.load; got.width != want.width || !slices.Equal(got.windows, want.windows) {
			t.Error("the load of a run that is joined differs from that of the whole")
		}
		if page(parts[0].(*Run)) != page(whole) {
			t.Error("the page of a run that is joined differs from that of the whole")
		}
	}
}

func writePage(t *testing.T, requests int) []byte {
	t.Helper()
	run, m := made(requests)
	var b bytes.Buffer
	p := Page{Title: "made up </script>", Run: run, Report: m, Assumptions: [][2]string{{"model", "none"}}, Experiment: "seed = 7\n"}
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPagesComeWithAllTheyNeed(t *testing.T) {
	text := string(writePage(t, 500))
	if found := regexp.MustCompile(`(?:src|href)="[^"]*"|url\([^)]*\)|@import`).FindAllString(text, -1); len(found) != 1 || found[0] != `href="data:,"` {
		t.Errorf("the page refers to %q", found)
	}
	for _, want := range []string{"of 500 requests", "seed = 7", "latency"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPagesStaySmallHoweverLongTheRun(t *testing.T) {
	if n := len(writePage(t, 50_000)); n > 2e6 {
		t.Errorf("a page of 50,000 requests has %d bytes (must have 2 million at most)", n)
	}
}

func TestTheSampleIsTheSameInWhateverOrderRequestsEnd(t *testing.T) {
	forth, back := sample{seed: 3, most: mostSampled}, sample{seed: 3, most: mostSampled}
	const n = 5000
	for i := range n {
		forth.add(&metrics.Completion{Request: workloads.Request{ID: i}, Outcome: metrics.Failed})
		back.add(&metrics.Completion{Request: workloads.Request{ID: n - 1 - i}, Outcome: metrics.Failed})
	}
	a, b := forth.replies(), back.replies()
	if len(a) != mostSampled || len(b) != mostSampled {
		t.Fatalf("%d and %d sampled (must be %d)", len(a), len(b), mostSampled)
	}
	for i := range a {
		if a[i].id != b[i].id {
			t.Fatalf("number %d is request %d one way and %d the other", i, a[i].id, b[i].id)
		}
	}
}

func TestTheWorstAreTheWorst(t *testing.T) {
	run, _ := made(500)
	if len(run.worst) != mostWorst {
		t.Fatalf("%d worst (must be %d)", len(run.worst), mostWorst)
	}
	least := run.worst[mostWorst-1].index
	in := map[int]bool{}
	for _, w := range run.worst {
		in[w.id] = true
	}
	for _, p := range run.sample.kept {
		c := &metrics.Completion{Own: p.tokens, Deadline: p.due}
		for i := 1; i < len(p.tokens); i++ {
			c.LongestGap = max(c.LongestGap, p.tokens[i]-p.tokens[i-1])
		}
		s := metrics.ScoreOf(c, 25*time.Millisecond)
		met, total := s.Fluidity(metrics.Reset)
		if index := float64(met) / float64(total); index < least && !in[p.id] {
			t.Errorf("request %d has the index %v and is left out, though one with %v is in", p.id, index, least)
		}
	}
}

func TestLoadIsTheSameHoweverOftenWindowsWiden(t *testing.T) {
	run, _ := made(2000)
	total := int64(0)
	for _, w := range run.load.windows {
		total += w.running
	}
	want := int64(0)
	for i := range 2000 {
		want += int64(1+i%5) * int64(50*time.Millisecond)
	}
	if total != want {
		t.Errorf("windows sum to %d (must be %d)", total, want)
	}
	if n := len(run.load.windows); n > mostWindows {
		t.Errorf("%d windows (at most %d)", n, mostWindows)
	}
}

func TestThePageScoresAsTheRunDoes(t *testing.T) {
	b := openBrowser(t)
	_, m := made(500)
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, writePage(t, 500), 0o666); err != nil {
		t.Fatal(err)
	}
	b.open(file)
	b.textsApart()
	text := b.eval(`document.getElementById("rescored").textContent`)
	share, _ := m.Lookup("fluidity.reset_attainment")
	if want := strconv.FormatFloat(math.Floor(share*1e4)/100, 'f', -1, 64) + " % of all 500 requests"; !strings.Contains(text, want) {
		t.Errorf("the page says %q (must say %q)", text, want)
	}
	charts := b.eval(`document.querySelectorAll("#charts svg").length`)
	if paths := b.eval(`document.querySelectorAll("#charts svg path[d^=M]").length`); charts != "6" || paths != charts {
		t.Errorf("%s charts with %s lines (must be 6 of each)", charts, paths)
	}
	b.eval(`const s = document.getElementById("target"); s.value = 900; s.dispatchEvent(new Event("input"))`)
	if now := b.eval(`document.getElementById("rescored").textContent`); now == text || !strings.Contains(now, "100 % of all") {
		t.Errorf("at the far end of the slider the page says %q", now)
	}
	b.eval(`document.querySelector("#reply-worst .legend button").click()`)
	if pressed := b.eval(`document.querySelector("#reply-worst .legend button").getAttribute("aria-pressed")`); pressed != "false" {
		t.Errorf("a series that was clicked is shown: %s", pressed)
	}
	hover := `const v = document.querySelector("#chart-ttft svg"), r = v.getBoundingClientRect();
		v.dispatchEvent(new PointerEvent("pointermove", {clientX: r.left + r.width / 2, clientY: r.top + 50}));
		document.querySelector("#chart-ttft .tip").textContent`
	if tip := b.eval(hover); !strings.Contains(tip, "time to first token") {
		t.Errorf("hovering says %q", tip)
	}
	b.fitsPhone()
	if n := b.screenshot("phone"); n < 5 {
		t.Errorf("the screenshot has %d colours", n)
	}
	if all := b.complaints(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
}

func TestThePageOfALongRunSaysHowSureItsSampleIs(t *testing.T) {
	const n = 6000
	_, m := made(n)
	b := openBrowser(t)
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, writePage(t, n), 0o666); err != nil {
		t.Fatal(err)
	}
	b.open(file)
	text := b.eval(`document.getElementById("rescored").textContent`)
	if !strings.Contains(text, "a sample of 2,000 requests") {
		t.Errorf("the page says %q", text)
	}
	found := regexp.MustCompile(`in the run: ([0-9.]+) % to ([0-9.]+) %`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("the page says no interval: %q", text)
	}
	low, _ := strconv.ParseFloat(found[1], 64)
	high, _ := strconv.ParseFloat(found[2], 64)
	exact, _ := m.Lookup("fluidity.reset_attainment")
	if !(low < 100*exact && 100*exact < high && high-low < 5) {
		t.Errorf("the interval is %v to %v, and the truth %v", low, high, 100*exact)
	}
	if lines := b.eval(`document.querySelectorAll("#attainment .legend button").length`); lines != "3" {
		t.Errorf("the curve of a sample has %s lines (must be 3: itself and its interval)", lines)
	}
	if all := b.complaints(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
}

func TestTokenTimesSurviveThePage(t *testing.T) {
	times := []time.Duration{0, 0, 149 * time.Microsecond, 151 * time.Microsecond, time.Hour}
	text, err := json.Marshal(packTimes(times))
	if err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	file := filepath.Join(t.TempDir(), "report.html")
	os.WriteFile(file, writePage(t, 10), 0o666)
	b.open(file)
	if got := b.eval(`unpack(` + string(text) + `).join(" ")`); got != "0 0 0.1 0.2 3600000" {
		t.Errorf("times are %s", got)
	}
}
