package live

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A RecordHeader is the first line of a file of exchanges.
type RecordHeader struct {
	Format string `json:"format"`
	Schema int    `json:"schema"`
	Model  string `json:"model"`
	Chat   bool   `json:"chat"`
	Prompt string `json:"prompt"` // the way in which lengths were met
	Seed   uint64 `json:"seed"`
}

const (
	recordFormat = "metronome-exchanges"
	recordSchema = 1
	longestLine  = 1 << 28 // of a file, in bytes
)

// A RecordWriter writes the exchanges of a session, a line each: all that was
// measured, from which tokens can be told by another rule.
type RecordWriter struct {
	w   *bufio.Writer
	err error
}

// NewRecordWriter writes the header. Errors show when it is closed.
func NewRecordWriter(w io.Writer, h RecordHeader) *RecordWriter {
	h.Format, h.Schema = recordFormat, recordSchema
	r := &RecordWriter{w: bufio.NewWriterSize(w, 1<<16)}
	r.line(h)
	return r
}

// Add writes an exchange.
func (r *RecordWriter) Add(x *Exchange) { r.line(x) }

func (r *RecordWriter) line(v any) {
	text, err := json.Marshal(v)
	if r.err == nil {
		r.err = err
	}
	if r.err == nil {
		_, r.err = r.w.Write(append(text, '\n'))
	}
}

// Close writes what is left and returns the first error. It does not close the
// writer underneath.
func (r *RecordWriter) Close() error {
	if r.err == nil {
		r.err = r.w.Flush()
	}
	if r.err != nil {
		return fmt.Errorf("live: file of exchanges: %w", r.err)
	}
	return nil
}

// ReadRecord reads the exchanges of a file. The name is for errors.
func ReadRecord(name string, in io.Reader) (h RecordHeader, all []*Exchange, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), longestLine)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			err = json.Unmarshal(lines.Bytes(), &h)
			if err == nil && (h.Format != recordFormat || h.Schema != recordSchema) {
				err = fmt.Errorf("format %q, schema %d (must be %q, %d)", h.Format, h.Schema, recordFormat, recordSchema)
			}
		} else {
			x := new(Exchange)
			if err = json.Unmarshal(lines.Bytes(), x); err == nil {
				err = x.check()
			}
			all = append(all, x)
		}
		if err != nil {
			return h, nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return h, nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(all) == 0 {
		return h, nil, fmt.Errorf("%s: no exchanges (must have a line for each)", name)
	}
	return h, all, nil
}

// mostTokens bounds the tokens of an exchange.
const mostTokens = 1 << 21

// check refuses what no session writes.
func (x *Exchange) check() error {
	last, tokens := x.Scheduled, 0
	if x.Scheduled < 0 || x.PromptTokens < 0 || x.Ended < 0 {
		return errors.New("negative (must be 0 or more)")
	}
	for _, c := range x.Chunks {
		if c.At < last || c.Tokens < 0 || c.Tokens > mostTokens-tokens {
			return fmt.Errorf("chunk at %d ns of %d tokens (times must not fall, tokens be 0 to %d in all)", c.At, c.Tokens, mostTokens)
		}
		last, tokens = c.At, tokens+c.Tokens
	}
	if x.Failure == "" && tokens == 0 {
		return errors.New("finished without tokens")
	}
	return nil
}
