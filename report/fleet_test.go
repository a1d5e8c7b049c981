package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/workloads"
)

// at returns the value of a series of steps at a time in seconds.
func (s Series) at(t float64) float64 {
	i, found := slices.BinarySearch(s.X, t)
	if !found {
		i--
	}
	return s.Y[i]
}

// scaled shows a run of eight seconds whose pool 0 has one replica of 100 W idle, another
// from 2 s to 6 s, and whose pool 1 has one of 50 W all the time, which crashes at 4 s. Two
// lanes of a pipeline share the cache of the first.
func scaled(to ...metrics.Recorder) {
	all := metrics.Tee(to)
	all.Fleet(0, 0, 1)
	all.Standing(&metrics.Standing{Replica: 1, Down: "off", Slow: 1})
	all.Fleet(2*time.Second, 0, 1)
	all.Standing(&metrics.Standing{Replica: 1, At: 2 * time.Second, Down: "starting", Slow: 1})
	all.Standing(&metrics.Standing{Replica: 1, At: 3 * time.Second, Slow: 1})
	for i := range 8 {
		start := time.Duration(i) * time.Second
		for lane := range 2 {
			all.Iteration(&metrics.Iteration{Lane: lane, Start: start, End: start + time.Second, Running: 1, UsedBlocks: 30, TotalBlocks: 100})
		}
	}
	all.Standing(&metrics.Standing{Replica: 2, At: 4 * time.Second, Down: "crashed", Slow: 1})
	all.Standing(&metrics.Standing{Replica: 1, At: 5 * time.Second, Down: "draining", Slow: 1})
	all.Standing(&metrics.Standing{Replica: 1, At: 6 * time.Second, Down: "off", Slow: 1})
	all.Fleet(6*time.Second, 0, -1)
	end := 8 * time.Second
	for i, c := range []metrics.Completion{
		{Finish: end, Own: []time.Duration{end}},
		{Outcome: metrics.Failed, Cause: metrics.Crash, Reason: "its replica has crashed", Pool: 1, Finish: 4 * time.Second},
		{Outcome: metrics.Rejected, Cause: metrics.TooLong, Reason: "too long"},
		{Outcome: metrics.Shed, Cause: metrics.Queue, Reason: "7 requests wait already", Pool: metrics.NoPool},
		{Outcome: metrics.Shed, Cause: metrics.Queue, Reason: "8 requests wait already", Pool: metrics.NoPool},
	} {
		c.Request = workloads.Request{ID: i, PromptTokens: 1, OutputTokens: 1}
		all.Finished(&c)
	}
}

func scaledOptions() Options {
	return Options{
		SLO: metrics.DefaultSLO(), Cached: true, Replicas: 3, Fixed: 1, IdleWatts: 50, IdleWattsEach: []float64{100, 50},
		Energy: func(_ int, _ *hardware.Shape, d time.Duration) int64 { return 7 * d.Microseconds() }, // 7 W
	}
}

// Charts over time are of the replicas that there were then, and lanes that share a
// cache do not count it twice.
func TestChartsFollowTheFleet(t *testing.T) {
	run := NewRun(scaledOptions())
	scaled(run)
	charts := map[string]Chart{}
	for _, c := range run.Charts() {
		charts[c.Name] = c
	}
	for _, want := range []struct {
		chart  string
		series int
		values [8]float64 // in the middle of each second
	}{
		{"power", 0, [8]float64{164, 164, 264, 264, 264, 264, 164, 164}},
		{"kv-cache", 0, [8]float64{30, 30, 30, 30, 30, 30, 30, 30}},
		{"batch", 0, [8]float64{2, 2, 2, 2, 2, 2, 2, 2}},
		{"replicas", 0, [8]float64{2, 2, 2, 3, 2, 1, 1, 1}},
		{"replicas", 1, [8]float64{2, 2, 3, 3, 3, 3, 2, 2}},
	} {
		c, known := charts[want.chart]
		if !known {
			t.Errorf("there is no chart %q", want.chart)
			continue
		}
		for second, value := range want.values {
			if got := c.Series[want.series].at(float64(second) + 0.5); got < value-1e-6 || got > value+1e-6 {
				t.Errorf("%s of %s is %v at %d.5 s, want %v", c.Series[want.series].Name, want.chart, got, second, value)
			}
		}
	}
	if got := charts["replicas"].Title; got != "1 to 3 replicas serve at a time, of up to 3 that are provisioned" {
		t.Errorf("the replicas are headed %q", got)
	}
}

// The page of a run tells what became of its replicas and why requests did not finish.
func TestPagesTellOfFleetsCausesAndCrashes(t *testing.T) {
	set := metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: 5, Pools: []metrics.Pool{{Name: "chat", Replicas: 1}, {Name: "code", Replicas: 1}}})
	run := NewRun(scaledOptions())
	scaled(set, run)
	var b bytes.Buffer
	if err := (Page{Run: run, Report: set.Report()}).Write(&b); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	row := func(name, value string) string {
		return `<tr><th scope="row">` + name + "</th><td>" + value + "</td></tr>"
	}
	for _, want := range []string{
		row("failed_by.crash", "1"), row("rejected_by.too_long", "1"), row("shed_by.queue", "2"),
		row("crashes", "1"), row("crashed_hours", "0.00111"), // four seconds
		"<h2>Provisioned replicas</h2>", row("hours", "0.00333"), // twelve seconds
		row("turned_on", "1"), row("turned_off", "1"), row("mean", "1.5"),
		`"name":"replicas"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
