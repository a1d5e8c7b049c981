package live

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"metronome/metrics"
)

// A Client is what the report says of the client and of what it asked for: the part
// that no metric of a run knows.
type Client struct {
	MostLag time.Duration // P99 of the lag beyond which the run is degraded

	lag, visible, written   metrics.Histogram
	failures, rules         map[string]int64
	notes                   map[string]string // the first of each kind of failure
	n                       int64
	scheduled, sent         span
	counted, promptOff      int64
	outputShort, outputLong int64
	askedPrompt, prompt     int64 // tokens
	askedOutput, output     int64
	reasoning               int64 // chunks
}

// A span is from the first of some times to the last.
type span struct {
	n           int64
	first, last int64
}

func (s *span) add(t int64) {
	if s.n == 0 {
		s.first, s.last = t, t
	}
	s.n++
	s.first, s.last = min(s.first, t), max(s.last, t)
}

// rate returns events per second, nil if it takes more than one to tell.
func (s *span) rate() any {
	if s.n < 2 || s.first == s.last {
		return nil
	}
	return float64(s.n-1) / (float64(s.last-s.first) / 1e9)
}

// Add counts an exchange, which started at the given time of the wall clock.
func (c *Client) Add(x *Exchange, start time.Time) {
	if c.failures == nil {
		c.failures, c.rules, c.notes = map[string]int64{}, map[string]int64{}, map[string]string{}
	}
	c.n++
	c.lag.Record(max(0, x.Lag()))
	c.scheduled.add(x.Scheduled)
	c.sent.add(x.Sent)
	for i, w := range x.written {
		if w > 0 {
			c.written.Record(max(0, start.Add(time.Duration(x.Chunks[i].At)).Sub(time.Unix(0, w))))
		}
	}
	for _, chunk := range x.Chunks {
		if chunk.Channel == Reasoning {
			c.reasoning++
		}
	}
	if x.Failure != "" {
		if c.failures[x.Failure]++; c.failures[x.Failure] == 1 {
			c.notes[x.Failure] = x.Note
		}
		return
	}
	c.rules[x.Rule]++
	if at, ok := x.FirstVisible(); ok {
		c.visible.Record(max(0, at-time.Duration(x.Scheduled)))
	}
	c.lengths(x)
}

// lengths compares what was asked for with what was served.
func (c *Client) lengths(x *Exchange) {
	n := x.Tokens()
	c.askedPrompt += int64(x.AskedPrompt)
	c.askedOutput += int64(x.AskedOutput)
	c.prompt += int64(x.PromptTokens)
	c.output += int64(n)
	if x.Counted {
		c.counted++
	}
	if x.PromptTokens != x.AskedPrompt {
		c.promptOff++
	}
	if n < x.AskedOutput {
		c.outputShort++
	}
	if n > x.AskedOutput {
		c.outputLong++
	}
}

// Degraded reports whether requests were sent too late to trust the run.
func (c *Client) Degraded() bool { return c.lag.Count() > 0 && c.lagP99() > c.MostLag }

func (c *Client) lagP99() time.Duration {
	return time.Duration(c.lag.Percentile(metrics.Ratio{Num: 99, Den: 100}))
}

// Rows returns what the report says.
func (c *Client) Rows(s Summary) []metrics.Row {
	row := func(name, stat string, value any) metrics.Row {
		return metrics.Row{Group: "client", Name: name, Stat: stat, Value: value}
	}
	rows := []metrics.Row{
		row("degraded", "", c.Degraded()),
		row("offered_per_s", "", c.scheduled.rate()), row("achieved_per_s", "", c.sent.rate()),
	}
	rows = append(rows, stats("client", "schedule_lag_ms", &c.lag)...)
	rows = append(rows, stats("client", "first_visible_ms", &c.visible)...)
	if c.written.Count() > 0 {
		rows = append(rows, stats("client", "timestamp_lag_ms", &c.written)...)
	}
	rows = append(rows,
		row("cut", "", int64(s.Cut)),
		row("scheduler_p99_ms", "", float64(s.Health.SchedulerP99)/1e6), row("cpu_share", "", s.Health.CPUShare),
		row("counted_by_server", "", c.counted), row("reasoning_chunks", "", c.reasoning),
		row("prompt_tokens", "asked", c.askedPrompt), row("prompt_tokens", "served", c.prompt), row("prompt_tokens", "requests_off", c.promptOff),
		row("output_tokens", "asked", c.askedOutput), row("output_tokens", "served", c.output),
		row("output_tokens", "requests_short", c.outputShort), row("output_tokens", "requests_long", c.outputLong),
	)
	for _, kind := range slices.Sorted(maps.Keys(c.failures)) {
		rows = append(rows, row("failures", kind, c.failures[kind]))
	}
	for _, rule := range slices.Sorted(maps.Keys(c.rules)) {
		rows = append(rows, row("token_rules", rule, c.rules[rule]))
	}
	return rows
}

func stats(group, name string, h *metrics.Histogram) []metrics.Row {
	rows := []metrics.Row{{Group: group, Name: name, Stat: "mean", Value: h.Mean() / 1e6}}
	for _, p := range []int64{50, 99} {
		rows = append(rows, metrics.Row{Group: group, Name: name, Stat: fmt.Sprintf("p%d", p), Value: percentileMS(h, p)})
	}
	return append(rows, metrics.Row{Group: group, Name: name, Stat: "max", Value: float64(h.Max()) / 1e6})
}

// percentileMS returns a percentile in ms; NaN of nothing.
func percentileMS(h *metrics.Histogram, p int64) float64 {
	if h.Count() == 0 {
		return math.NaN()
	}
	return h.Percentile(metrics.Ratio{Num: p, Den: 100}) / 1e6
}

// Warnings returns a sentence for each reason to doubt the run.
func (c *Client) Warnings(s Summary) []string {
	all := s.Health.Warnings()
	if c.Degraded() {
		all = append(all, fmt.Sprintf("degraded: 1 %% of the requests were sent %v or more after their time (the limit is %v)", c.lagP99().Round(time.Microsecond), c.MostLag))
	}
	for _, kind := range slices.Sorted(maps.Keys(c.failures)) {
		text := fmt.Sprintf("%d of %d requests failed: %s", c.failures[kind], c.n, kind)
		if c.notes[kind] != "" {
			text += ": " + c.notes[kind]
		}
		all = append(all, text)
	}
	if c.counted < c.n-c.failed() {
		all = append(all, "the server did not count the tokens of all replies: lengths are those that were asked for, and a chunk is taken for a token")
	}
	if c.outputShort > 0 {
		all = append(all, fmt.Sprintf("%d replies were shorter than asked for", c.outputShort))
	}
	if off := float64(c.prompt-c.askedPrompt) / float64(max(1, c.askedPrompt)); math.Abs(off) > 0.02 {
		all = append(all, fmt.Sprintf("prompts had %+.1f %% tokens of what was asked for", 100*off))
	}
	if s.Cut > 0 {
		all = append(all, fmt.Sprintf("interrupted: %d requests in flight were dropped, the score is of the others", s.Cut))
	}
	return all
}

func (c *Client) failed() (n int64) {
	for _, k := range c.failures {
		n += k
	}
	return n
}
