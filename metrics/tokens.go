package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A TokenHeader is the first line of a token file: all that scoring the rest
// needs to know.
type TokenHeader struct {
	Format    string         `json:"format"`
	Schema    int            `json:"schema"`
	SLO       TokenSLO       `json:"slo"`
	Tenants   []TokenTenant  `json:"tenants,omitempty"` // announced, with SLOs of their own
	Reference TokenReference `json:"reference"`
	Seed      uint64         `json:"seed"`
	Source    string         `json:"source,omitempty"`  // of another tool's file: which, and what it does not tell
	Untimed   bool           `json:"untimed,omitempty"` // only the first and the last token of a reply have a time that was measured
}

// A TokenSLO is an SLO as a token file has it.
type TokenSLO struct {
	TTFTSlack  time.Duration `json:"ttft_slack_ns"`
	TBT        time.Duration `json:"tbt_ns"`
	Fluidity   Ratio         `json:"fluidity"`
	Attainment Ratio         `json:"attainment"`
	Index      Reading       `json:"index"`
	TTFT       time.Duration `json:"ttft_ns,omitempty"`
	TPOT       time.Duration `json:"tpot_ns,omitempty"`
	E2E        time.Duration `json:"e2e_ns,omitempty"`
	Warmup     time.Duration `json:"warmup_ns,omitempty"`
}

// A TokenTenant is an announced tenant as a token file has it.
type TokenTenant struct {
	Name   string   `json:"name"`
	Weight float64  `json:"weight"`
	SLO    TokenSLO `json:"slo"`
}

// A TokenReference tells by what lone prefills the deadlines were set.
type TokenReference struct {
	Name    string                   `json:"name,omitempty"`
	Prefill map[string]time.Duration `json:"prefill_ns,omitempty"` // by prompt tokens
}

const (
	tokenFormat = "metronome-tokens"
	tokenSchema = 1
)

// NewTokenHeader returns the header of a run with these options.
func NewTokenHeader(o Options, seed uint64) TokenHeader {
	h := TokenHeader{Format: tokenFormat, Schema: tokenSchema, Seed: seed, SLO: tokenSLO(o.SLO)}
	h.SLO.Warmup = o.Warmup
	for _, t := range o.Tenants {
		h.Tenants = append(h.Tenants, TokenTenant{t.Name, t.Weight, tokenSLO(t.SLO)})
	}
	h.Reference.Name = o.Reference
	if o.Prefill != nil {
		h.Reference.Prefill = map[string]time.Duration{}
		for _, n := range shownPrompts {
			h.Reference.Prefill[strconv.Itoa(n)] = o.Prefill(n)
		}
	}
	return h
}

func tokenSLO(s SLO) TokenSLO {
	return TokenSLO{s.TTFTSlack, s.TBT, s.Fluidity, s.Attainment, s.Index, s.TTFT, s.TPOT, s.E2E, 0}
}

func (s TokenSLO) slo() SLO {
	return SLO{
		TTFTSlack: s.TTFTSlack, TBT: s.TBT, Fluidity: s.Fluidity, Attainment: s.Attainment, Index: s.Index,
		TTFT: s.TTFT, TPOT: s.TPOT, E2E: s.E2E,
	}
}

// Options returns the options that score the file as the run was scored. The
// number of requests is not in it.
func (h TokenHeader) Options() Options {
	o := Options{SLO: h.SLO.slo(), Warmup: h.SLO.Warmup, Recorded: true, Reference: h.Reference.Name}
	for _, t := range h.Tenants {
		o.Tenants = append(o.Tenants, Tenant{t.Name, t.Weight, t.SLO.slo()})
	}
	return o
}

// validate names the first value that cannot be scored by.
func (h TokenHeader) validate() error {
	o := h.Options()
	if err := o.SLO.Validate(); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, t := range o.Tenants {
		if names[t.Name] || t.Weight < 0 {
			return fmt.Errorf("tenants: %q with a weight of %v (must be named once, and weigh more than 0)", t.Name, t.Weight)
		}
		names[t.Name] = true
		if err := t.SLO.Validate(); err != nil {
			return fmt.Errorf("tenant %q: %w", t.Name, err)
		}
	}
	return nil
}

// A TokenWriter is a Recorder that writes a token file: a header, and one line
// per request in order of arrival with the times of all its tokens.
type TokenWriter struct {
	lines *ordered // of all parts
	line  []byte
}

// NewTokenWriter writes the header. Errors show when it is closed.
func NewTokenWriter(w io.Writer, h TokenHeader) *TokenWriter {
	t := &TokenWriter{lines: newOrdered(w)}
	line, err := json.Marshal(h)
	t.lines.err = err
	t.lines.write(append(line, '\n'))
	return t
}

// Part implements Divisible.
func (t *TokenWriter) Part() Recorder { return &TokenWriter{lines: t.lines} }

// Join implements Divisible: what a part has seen is in the file.
func (t *TokenWriter) Join(Recorder) {}

// Iteration implements Recorder.
func (t *TokenWriter) Iteration(*Iteration) {}

// Finished implements Recorder.
func (t *TokenWriter) Finished(c *Completion) {
	r := &c.Request
	first := time.Duration(0)
	if c.Deadline > 0 {
		first = c.Deadline - r.Arrival
	}
	b := fmt.Appendf(t.line[:0], `{"id":%d,"tenant":%s,"arrival_ns":%d,"prompt_tokens":%d,"status":%q,"preemptions":%d,"d_p_ns":%d,"gaps_ns":[`,
		r.ID, quoted(r.Tenant), int64(r.Arrival), r.PromptTokens, c.Outcome.String(), c.Preemptions, int64(first))
	last := r.Arrival
	for i := range c.Tokens() {
		if i > 0 {
			b = append(b, ',')
		}
		at := c.Token(i)
		b = strconv.AppendInt(b, int64(at-last), 10)
		last = at
	}
	t.line = append(b, "]}\n"...)
	t.lines.put(r.ID, t.line)
}

// Close writes what is left and returns the first error. It does not close the
// writer underneath.
func (t *TokenWriter) Close() error {
	if err := t.lines.close(); err != nil {
		return fmt.Errorf("metrics: token file: %w", err)
	}
	return nil
}
