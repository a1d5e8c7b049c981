package metrics

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"metronome/workloads"
)

// A TokenReader reads a token file, plain or compressed by gzip, one request at
// a time. Errors name the file and the line.
type TokenReader struct {
	Header TokenHeader

	name       string
	line       int
	lines      *bufio.Scanner
	record     tokenLine
	completion Completion
}

// A tokenLine is one request of a token file.
type tokenLine struct {
	ID           int    `json:"id"`
	Tenant       string `json:"tenant"`
	Arrival      int64  `json:"arrival_ns"`
	PromptTokens int    `json:"prompt_tokens"`
	Status       string `json:"status"`
	Preemptions  int    `json:"preemptions"`
	First        int64  `json:"d_p_ns"`
	Gaps         gaps   `json:"gaps_ns"`
}

// longestLine bounds what a broken file may make us hold.
const longestLine = 1 << 28

// NewTokenReader reads the header. The name is for errors.
func NewTokenReader(name string, r io.Reader) (*TokenReader, error) {
	plain, err := unzip(name, r)
	if err != nil {
		return nil, err
	}
	t := &TokenReader{name: name, lines: bufio.NewScanner(plain)}
	t.lines.Buffer(make([]byte, 0, 1<<16), longestLine)
	if err := t.readHeader(); err != nil {
		return nil, err
	}
	return t, nil
}

// unzip returns what a reader has, out of gzip if it is in it.
func unzip(name string, r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, nil
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return bufio.NewReaderSize(unzipped, 1<<16), nil
}

func (t *TokenReader) readHeader() error {
	line, err := t.next()
	if err == io.EOF {
		return fmt.Errorf("%s: empty (must start with the header of a token file)", t.name)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bytes.TrimPrefix(line, []byte("\ufeff")), &t.Header); err != nil {
		return t.bad("no header: %v", err)
	}
	if h := t.Header; h.Format != tokenFormat || h.Schema != tokenSchema {
		return t.bad("format %q, schema %d (must be %q, %d)", h.Format, h.Schema, tokenFormat, tokenSchema)
	}
	if err := t.Header.validate(); err != nil {
		return t.bad("%v", err)
	}
	if w := t.Header.SLO.Warmup; w < 0 {
		return t.bad("warmup_ns: %d (must not be negative)", w)
	}
	return nil
}

// Next returns the next request, or io.EOF. It is valid until the next call.
func (t *TokenReader) Next() (*Completion, error) {
	line, err := t.next()
	if err != nil {
		return nil, err
	}
	if len(line) == 0 {
		return nil, t.bad("empty line (must be one object a line)")
	}
	t.record = tokenLine{Gaps: t.record.Gaps[:0]}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&t.record); err != nil {
		return nil, t.bad("%v", err)
	}
	if d.More() {
		return nil, t.bad("more than one object (must be one a line)")
	}
	return t.complete()
}

// complete turns the record into a completion.
func (t *TokenReader) complete() (*Completion, error) {
	r := &t.record
	outcome, err := ParseOutcome(r.Status)
	switch {
	case err != nil:
		return nil, t.bad("status: %v", err)
	case r.ID < 0 || r.Arrival < 0 || r.PromptTokens < 0 || r.Preemptions < 0 || r.First < 0:
		return nil, t.bad("id %d, arrival_ns %d, prompt_tokens %d, preemptions %d, d_p_ns %d (none may be negative)",
			r.ID, r.Arrival, r.PromptTokens, r.Preemptions, r.First)
	case r.First > math.MaxInt64/4 || r.Arrival > math.MaxInt64/4:
		return nil, t.bad("d_p_ns %d after arrival_ns %d (must be less than 73 years)", r.First, r.Arrival)
	case outcome == Finished && len(r.Gaps) == 0:
		return nil, t.bad("finished without gaps_ns (must have one per output token)")
	}
	c := &t.completion
	*c = Completion{
		Request: workloads.Request{
			ID: r.ID, Arrival: time.Duration(r.Arrival), Tenant: r.Tenant,
			PromptTokens: r.PromptTokens, OutputTokens: len(r.Gaps), MaxTokens: len(r.Gaps),
		},
		Outcome:     outcome,
		Preemptions: r.Preemptions,
		Own:         c.Own[:0],
	}
	if r.First > 0 {
		c.Deadline = c.Request.Arrival + time.Duration(r.First)
	}
	return c, t.tokens(c)
}

// tokens adds up the gaps.
func (t *TokenReader) tokens(c *Completion) error {
	at := c.Request.Arrival
	for i, gap := range t.record.Gaps {
		if gap < 0 || gap > math.MaxInt64/4-int64(at) {
			return t.bad("gaps_ns[%d]: %d (must not be negative, nor the sum exceed 73 years)", i, gap)
		}
		at += time.Duration(gap)
		if i > 0 {
			c.LongestGap = max(c.LongestGap, time.Duration(gap))
		}
		c.Own = append(c.Own, at)
	}
	c.Admitted, c.Finish = c.Request.Arrival, at
	return nil
}

// next returns the next line.
func (t *TokenReader) next() ([]byte, error) {
	t.line++
	if t.lines.Scan() {
		return t.lines.Bytes(), nil
	}
	switch err := t.lines.Err(); {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, t.bad("line too long (must be at most %d bytes)", longestLine)
	default:
		return nil, t.bad("%v", err)
	}
}

func (t *TokenReader) bad(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", t.name, t.line, fmt.Sprintf(format, args...))
}
