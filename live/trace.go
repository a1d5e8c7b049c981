package live

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A TraceWriter writes what a session sent as a trace: when requests were due to be
// sent, and how long their prompts and replies were, so that a simulated cluster or
// another endpoint can be asked the same. A request that failed is as it was asked.
type TraceWriter struct {
	w    io.Writer
	rows []traceRow
}

type traceRow struct {
	at             int64 // ns
	id             int
	prompt, output int // tokens
	tenant         string
}

// NewTraceWriter returns a writer that writes when it is closed.
func NewTraceWriter(w io.Writer) *TraceWriter { return &TraceWriter{w: w} }

// Add adds the request of an exchange.
func (t *TraceWriter) Add(x *Exchange) {
	r := traceRow{x.Scheduled, x.ID, max(1, x.PromptTokens), max(1, x.AskedOutput), x.Tenant}
	if n := x.Tokens(); x.Failure == "" {
		r.output = n
	}
	t.rows = append(t.rows, r)
}

// Close writes the trace. It does not close the writer underneath.
func (t *TraceWriter) Close() error {
	slices.SortFunc(t.rows, func(a, b traceRow) int { return cmp.Or(cmp.Compare(a.at, b.at), a.id-b.id) })
	w := csv.NewWriter(t.w)
	head := []string{"arrival_s", "prompt_tokens", "output_tokens"}
	named := slices.ContainsFunc(t.rows, func(r traceRow) bool { return r.tenant != "" })
	if named {
		head = append(head, "tenant")
	}
	w.Write(head)
	for _, r := range t.rows {
		row := []string{fmt.Sprintf("%d.%09d", r.at/1e9, r.at%1e9), strconv.Itoa(r.prompt), strconv.Itoa(r.output), r.tenant}
		w.Write(row[:len(head)])
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("live: trace: %w", err)
	}
	return nil
}
