package metrics

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// A BenchWriter is a Recorder that writes the result file of vLLM's "bench serve
// --save-detailed", which dashboards read. The format is one object with a list
// per field, so all token gaps are held until it is closed.
type BenchWriter struct {
	w        io.Writer
	settings BenchSettings
	requests []benchRequest
}

// BenchSettings are the fields of a result file that are not measured.
type BenchSettings struct {
	Model          string
	Rate           float64 // requests per second; 0 is "inf"
	Burstiness     float64 // shape of the gamma distribution of gaps between arrivals; 0 is 1
	MaxConcurrency int     // 0 is null
}

type benchRequest struct {
	id, prompt    int
	arrival, last time.Duration
	first         time.Duration   // TTFT
	gaps          []time.Duration // between output tokens
	failure       string          // "" if it finished
}

// NewBenchWriter returns a writer that writes when it is closed.
func NewBenchWriter(w io.Writer, s BenchSettings) *BenchWriter {
	return &BenchWriter{w: w, settings: s}
}

// Part implements Divisible.
func (b *BenchWriter) Part() Recorder { return new(BenchWriter) }

// Join implements Divisible.
func (b *BenchWriter) Join(part Recorder) {
	b.requests = append(b.requests, part.(*BenchWriter).requests...)
}

// Iteration implements Recorder.
func (b *BenchWriter) Iteration(*Iteration) {}

// Finished implements Recorder.
func (b *BenchWriter) Finished(c *Completion) {
	r := benchRequest{id: c.Request.ID, prompt: c.Request.PromptTokens, arrival: c.Request.Arrival, last: c.Request.Arrival}
	if c.Outcome != Finished || c.Tokens() == 0 {
		r.failure = cmp.Or(c.Reason, c.Outcome.String())
		b.requests = append(b.requests, r)
		return
	}
	r.first, r.last = c.First()-r.arrival, c.Last()
	r.gaps = make([]time.Duration, c.Tokens()-1)
	for i := range r.gaps {
		r.gaps[i] = c.Token(i+1) - c.Token(i)
	}
	b.requests = append(b.requests, r)
}

// Close writes the file. It does not close the writer underneath.
func (b *BenchWriter) Close() error {
	slices.SortFunc(b.requests, func(x, y benchRequest) int { return x.id - y.id })
	w := bufio.NewWriter(b.w)
	w.WriteByte('{')
	for i, f := range slices.Concat(b.head(), b.totals(), b.latencies(), b.lists()) {
		if i > 0 {
			w.WriteString(", ")
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return fmt.Errorf("metrics: bench file: %s: %w", f.name, err)
		}
		fmt.Fprintf(w, "%q: %s", f.name, value)
	}
	w.WriteString("}\n")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("metrics: bench file: %w", err)
	}
	return nil
}

func (b *BenchWriter) head() []member {
	s := b.settings
	var rate, concurrency any = "inf", nil
	if s.Rate > 0 {
		rate = s.Rate
	}
	if s.MaxConcurrency > 0 {
		concurrency = s.MaxConcurrency
	}
	return []member{
		{"date", "19700101-000000"}, // files carry no clock time
		{"endpoint_type", "metronome"},
		{"backend", "metronome"},
		{"label", nil},
		{"model_id", s.Model},
		{"tokenizer_id", s.Model},
		{"num_prompts", len(b.requests)},
		{"request_rate", rate},
		{"burstiness", cmp.Or(s.Burstiness, 1)},
		{"max_concurrency", concurrency},
	}
}

// lists returns the fields with one value per request, in seconds.
func (b *BenchWriter) lists() []member {
	n := len(b.requests)
	inputs, outputs := make([]int, n), make([]int, n)
	firsts, starts, waits, latencies := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	gaps := make([][]float64, n)
	texts, failures := make([]string, n), make([]string, n)
	for i, r := range b.requests {
		inputs[i], starts[i], failures[i] = r.prompt, seconds(r.arrival), r.failure
		gaps[i] = make([]float64, len(r.gaps))
		if r.failure != "" {
			continue
		}
		outputs[i], firsts[i], latencies[i] = len(r.gaps)+1, seconds(r.first), seconds(r.last-r.arrival)
		for k, gap := range r.gaps {
			gaps[i][k] = seconds(gap)
		}
	}
	return []member{
		{"input_lens", inputs}, {"output_lens", outputs}, {"ttfts", firsts}, {"itls", gaps}, {"start_times", starts},
		{"generated_texts", texts}, {"errors", failures}, {"latencies", latencies}, {"queue_times", waits},
	}
}
