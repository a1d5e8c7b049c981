package metrics

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A RequestWriter is a Recorder that writes a CSV file with one row per request,
// in order of arrival. What a request does not have is left empty.
type RequestWriter struct {
	lines *ordered // of all parts
	dd    time.Duration
	own   map[string]time.Duration // D_d of announced tenants
	score Score
	line  []byte
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
	r.lines.write([]byte(strings.Join(requestColumns, ",") + "\n"))
	return r
}

// Part implements Divisible.
func (w *RequestWriter) Part() Recorder {
	return &RequestWriter{lines: w.lines, dd: w.dd, own: w.own}
}

// Join implements Divisible: what a part has seen is in the file.
func (w *RequestWriter) Join(Recorder) {}

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
	b := appendCount(w.line[:0], r.ID)
	for _, text := range [...]string{r.Tenant, r.Class, c.Outcome.String(), c.Reason} {
		b = append(appendField(b, text), ',')
	}
	b = append(appendDecimal(b, r.Arrival, time.Second), ',')
	b = appendCount(b, r.PromptTokens)
	b = appendCount(b, c.Tokens())
	b = appendCount(b, c.Preemptions)
	b = appendTimes(b, c)
	for _, reading := range [...]Reading{Reset, PerToken, NoReset} {
		met, total := w.score.Fluidity(reading)
		b = append(strconv.AppendFloat(b, float64(met)/float64(total), 'f', 6, 64), ',')
	}
	b = append(strconv.AppendInt(b, w.score.FirstMissed, 10), ',')
	b = strconv.AppendInt(b, w.score.Missed-w.score.FirstMissed, 10)
	w.line = append(b, '\n')
	w.lines.put(r.ID, w.line)
}

// appendTimes adds the fields from the scheduling delay to the longest stall.
func appendTimes(b []byte, c *Completion) []byte {
	const ms = time.Millisecond
	arrival, n := c.Request.Arrival, time.Duration(c.Tokens())
	if n > 0 {
		b = append(appendDecimal(b, c.Admitted-arrival, ms), ',')
		b = appendDecimal(b, c.First()-arrival, ms)
	} else {
		b = append(b, ',')
	}
	b = append(b, ',')
	if c.Deadline > 0 {
		b = appendDecimal(b, c.Deadline-arrival, ms)
	}
	b = append(b, ',')
	if n == 0 {
		return append(b, ",,,"...)
	}
	if n > 1 {
		b = appendDecimal(b, (c.Last()-c.First())/(n-1), ms)
	}
	b = append(b, ',')
	b = append(appendDecimal(b, c.Finish-arrival, ms), ',')
	return append(appendDecimal(b, c.LongestGap, ms), ',')
}

// Close writes what is left and returns the first error. It does not close the
// writer underneath.
func (w *RequestWriter) Close() error {
	if err := w.lines.close(); err != nil {
		return fmt.Errorf("metrics: request file: %w", err)
	}
	return nil
}

// appendCount adds a number and a comma.
func appendCount(b []byte, n int) []byte { return append(strconv.AppendInt(b, int64(n), 10), ',') }

// appendField adds a text, quoted if it has to be.
func appendField(b []byte, text string) []byte {
	if text == "" || text[0] > ' ' && text[0] < utf8.RuneSelf && !strings.ContainsAny(text, "\",\r\n\\") {
		return append(b, text...)
	}
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	w.Write([]string{text}) // a buffer takes all
	w.Flush()
	return append(b, bytes.TrimSuffix(line.Bytes(), []byte{'\n'})...)
}

// appendDecimal adds a time in a unit, a power of ten, with all its digits.
func appendDecimal(b []byte, d, unit time.Duration) []byte {
	b = strconv.AppendInt(b, int64(d/unit), 10)
	rest := d % unit
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit /= 10; rest > 0; unit /= 10 {
		b = append(b, '0'+byte(rest/unit))
		rest %= unit
	}
	return b
}
