package report

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// The line of a distribution has at height p the value below which a share p lies.
func TestDistributionsAreThoseOfTheValues(t *testing.T) {
	one, other, none := new(metrics.Histogram), new(metrics.Histogram), new(metrics.Histogram)
	for i := range 1001 {
		one.Record(time.Duration(100+i) * time.Millisecond)
		other.Record(time.Duration(2*(100+i)) * time.Millisecond)
	}
	c := Distributions("x", "time to wait", Distribution{"a", one}, Distribution{"none", none}, Distribution{"b", other})
	if len(c.Series) != 2 || c.Series[0].Name != "a" || c.Series[1].Name != "b" {
		t.Fatalf("series %+v (must be those of a and b)", c.Series)
	}
	for i, share := range c.Series[0].Y {
		want := 100 + 1000*share
		a, b := c.Series[0].X[i], c.Series[1].X[i]
		if math.Abs(a/want-1) > metrics.HistogramError || math.Abs(b/(2*want)-1) > metrics.HistogramError {
			t.Errorf("a share of %v is below %v and %v (must be %v and %v)", share, a, b, want, 2*want)
		}
	}
	for _, word := range []string{"time to wait", "a", "b", "P99"} {
		if !strings.Contains(c.Title, word) {
			t.Errorf("the title %q lacks %q", c.Title, word)
		}
	}
	if err := c.Draw(new(bytes.Buffer), "svg"); err != nil {
		t.Error(err)
	}
}

// A run whose token times were recorded has the same gaps as one whose iterations
// reported them.
func TestRecordedRunsHaveTheGapsOfTheirReplies(t *testing.T) {
	run := NewRun(Options{SLO: metrics.DefaultSLO(), Recorded: true, Warmup: 150 * time.Millisecond})
	run.Finished(&metrics.Completion{
		Request: workloads.Request{ID: 1, Arrival: 10 * time.Millisecond},
		Own:     []time.Duration{100 * time.Millisecond, 140 * time.Millisecond, 150 * time.Millisecond, 171 * time.Millisecond},
	})
	if run.tbt.Count() != 2 || run.tbt.Max() != 21*time.Millisecond || run.ttft.Count() != 0 || run.delay.Count() != 0 {
		t.Errorf("%d gaps up to %v, %d first tokens, %d delays (must be 2 up to 21ms, and none)",
			run.tbt.Count(), run.tbt.Max(), run.ttft.Count(), run.delay.Count())
	}
}
