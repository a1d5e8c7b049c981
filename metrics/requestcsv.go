package metrics

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A RequestWriter is a Recorder that writes a CSV file with one row per request,
// in order of arrival. What a request does not have is left empty.
type RequestWriter struct {
	lines *ordered
	dd    time.Duration
	own   map[string]time.Duration // D_d of announced tenants
	score Score
	line  bytes.Buffer
	csv   *csv.Writer
}

// requestColumns are the columns of the file, with their units.
var requestColumns = []string{
	"id", "tenant", "class", "status", "reason", "arrival_s", "prompt_tokens", "output_tokens", "preemptions",
	"scheduling_delay_ms", "ttft_ms", "d_p_ms", "tpot_ms", "e2e_ms", "longest_stall_ms",
	"fluidity", "fluidity_per_token", "fluidity_no_reset", "missed_first_token", "missed_decode",
}

// NewRequestWriter writes the header. The replies are scored at the targets of
// the SLO, or of that of their tenant. Errors show when it is closed.
func NewRequestWriter(w io.Writer, slo SLO, tenants ...Tenant) *RequestWriter {
	r := &RequestWriter{lines: newOrdered(w), dd: slo.TBT, own: map[string]time.Duration{}}
	for _, t := range tenants {
		r.own[t.Name] = t.SLO.TBT
	}
	r.csv = csv.NewWriter(&r.line)
	r.lines.write(r.row(requestColumns))
	return r
}

// Iteration implements Recorder.
func (w *RequestWriter) Iteration(*Iteration) {}

// Finished implements Recorder.
func (w *RequestWriter) Finished(c *Completion) {
	r := &c.Request
	dd, own := w.own[r.Tenant]
	if !own {
		dd = w.dd
	}
	w.score.read(c, dd)
	fields := []string{
		strconv.Itoa(r.ID), r.Tenant, r.Class, c.Outcome.String(), c.Reason, decimalOf(r.Arrival, time.Second),
		strconv.Itoa(r.PromptTokens), strconv.Itoa(c.Tokens()), strconv.Itoa(c.Preemptions),
	}
	fields = append(fields, w.times(c)...)
	for _, reading := range []Reading{Reset, PerToken, NoReset} {
		met, total := w.score.Fluidity(reading)
		fields = append(fields, strconv.FormatFloat(float64(met)/float64(total), 'f', 6, 64))
	}
	fields = append(fields,
		strconv.FormatInt(w.score.FirstMissed, 10),
		strconv.FormatInt(w.score.Missed-w.score.FirstMissed, 10))
	w.lines.put(r.ID, w.row(fields))
}

// times returns the fields from the scheduling delay to the longest stall.
func (w *RequestWriter) times(c *Completion) []string {
	fields := make([]string, 6)
	const ms = time.Millisecond
	arrival := c.Request.Arrival
	if c.Deadline > 0 {
		fields[2] = decimalOf(c.Deadline-arrival, ms)
	}
	if c.Tokens() == 0 {
		return fields
	}
	fields[0] = decimalOf(c.Admitted-arrival, ms)
	fields[1] = decimalOf(c.First()-arrival, ms)
	if n := time.Duration(c.Tokens() - 1); n > 0 {
		fields[3] = decimalOf((c.Last()-c.First())/n, ms)
	}
	fields[4] = decimalOf(c.Finish-arrival, ms)
	fields[5] = decimalOf(c.LongestGap, ms)
	return fields
}

// row returns a line of CSV, which the next call overwrites.
func (w *RequestWriter) row(fields []string) []byte {
	w.line.Reset()
	w.csv.Write(fields) // a buffer takes all
	w.csv.Flush()
	return w.line.Bytes()
}

// Close writes what is left and returns the first error. It does not close the
// writer underneath.
func (w *RequestWriter) Close() error {
	if err := w.lines.close(); err != nil {
		return fmt.Errorf("metrics: request file: %w", err)
	}
	return nil
}

// decimalOf writes a time in a unit with all its digits.
func decimalOf(d, unit time.Duration) string {
	if d%unit == 0 {
		return strconv.FormatInt(int64(d/unit), 10)
	}
	places := len(strconv.FormatInt(int64(unit), 10)) - 1
	text := fmt.Sprintf("%d.%0*d", d/unit, places, d%unit)
	return string(bytes.TrimRight([]byte(text), "0"))
}
