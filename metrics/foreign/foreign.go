// Package foreign reads the result files of other load generators, so that their
// token times are scored as those of Metronome. What a format does not tell is named
// in the header, not made up.
package foreign

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// A Sibling opens a file beside the one that is read, by its name.
type Sibling func(name string) (io.ReadCloser, error)

// A kind is a format of files.
type kind struct {
	key  string // by which it is asked for
	name string // in words

	// begins reports whether the first bytes of a file may be of the format.
	begins func(name string, first []byte) bool

	read func(name string, r io.Reader, sibling Sibling) (recording, error)
}

var formats = []kind{bench, aiperf, inferencePerf, blis, requests}

// A recording is what a file tells.
type recording struct {
	replies []reply
	missing []string // what the format does not tell
	untimed bool     // of the tokens of a reply, only the first and the last have times
}

// A reply is a request and what came back. Times are since an origin of the file.
type reply struct {
	arrival      time.Duration
	promptTokens int
	tokens       int             // of the reply, as the file counts them
	chunks       []time.Duration // ascending
	failure      string          // "" if it finished
}

// beginning is how many bytes of a file are looked at to tell its format.
const beginning = 1 << 12

// mostBytes bounds what is read of a file of another tool, which is held whole.
const mostBytes = 1 << 30

// native is the format of the token files of Metronome.
const native = "metronome"

// Formats returns the names of the formats, the native one first.
func Formats() []string {
	all := []string{native}
	for _, f := range formats {
		all = append(all, f.key)
	}
	return all
}

// NewReader returns the requests of a file: of a token file as they are, of another
// tool's as a token file that says the same. Format is one of Formats, or "" to tell it
// by the content. The name is for errors, and tells formats apart.
func NewReader(format, name string, r io.Reader, sibling Sibling) (*metrics.TokenReader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b = bufio.NewReaderSize(z, 1<<16)
	}
	first, _ := b.Peek(beginning)
	first = bytes.TrimPrefix(first, []byte("\ufeff"))
	i, err := choose(format, name, first)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return metrics.NewTokenReader(name, b)
	}
	rec, err := formats[i].read(name, io.LimitReader(b, mostBytes), sibling)
	if err != nil {
		return nil, fmt.Errorf("%s: as %s: %w", name, formats[i].name, plain(err))
	}
	text, err := rec.text(formats[i].name)
	if err != nil {
		return nil, fmt.Errorf("%s: as %s: %w", name, formats[i].name, err)
	}
	return metrics.NewTokenReader(name, text)
}

// plain returns an error of JSON without the names of our types.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s: a %s (must be a value such as %v)", wrong.Field, wrong.Value, reflect.Zero(wrong.Type))
	}
	return err
}

// choose returns which of formats a file has, below 0 for the native one.
func choose(format, name string, first []byte) (int, error) {
	if format == "" {
		if ours(first) {
			return -1, nil
		}
		i := slices.IndexFunc(formats, func(f kind) bool { return f.begins(name, first) })
		if i < 0 && len(first) > 0 {
			return i, fmt.Errorf("%s: begins as no known format does (have %s)", name, strings.Join(Formats(), ", "))
		}
		return i, nil
	}
	i := slices.Index(Formats(), format)
	if i < 0 {
		return 0, fmt.Errorf("foreign: unknown format %q (have %s)", format, strings.Join(Formats(), ", "))
	}
	return i - 1, nil
}

// ours reports whether a file begins as a token file does, or as the rest of one
// that has lost its header.
func ours(first []byte) bool {
	return bytes.Contains(first, []byte(`"metronome-tokens"`)) || bytes.Contains(first, []byte(`"gaps_ns"`))
}

// text returns the recording as a token file.
func (r recording) text(format string) (io.Reader, error) {
	if len(r.replies) == 0 {
		return nil, fmt.Errorf("no requests (must have at least one)")
	}
	h := metrics.NewTokenHeader(metrics.Options{SLO: metrics.DefaultSLO()}, 0)
	h.Source, h.Untimed = format, r.untimed
	if len(r.missing) > 0 {
		h.Source += ", which does not tell " + strings.Join(r.missing, ", nor ")
	}
	var b bytes.Buffer
	w := metrics.NewTokenWriter(&b, h)
	slices.SortStableFunc(r.replies, func(a, b reply) int { return int(min(1, max(-1, a.arrival-b.arrival))) })
	start := r.replies[0].arrival
	for id, x := range r.replies {
		x.arrival -= start
		for k := range x.chunks {
			x.chunks[k] -= start
		}
		c, err := x.completion(id)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", id, err)
		}
		w.Finished(c)
	}
	return &b, w.Close()
}

// longest bounds the times and the tokens of a reply.
const (
	longestTime = 100 * 365 * 24 * time.Hour
	mostTokens  = 1 << 24
)

// completion returns the reply as metrics see it.
func (x reply) completion(id int) (*metrics.Completion, error) {
	if x.promptTokens < 0 || x.tokens < 0 || x.tokens > mostTokens || x.arrival < 0 || x.arrival > longestTime {
		return nil, fmt.Errorf("%d + %d tokens that arrive at %v (must be possible)", x.promptTokens, x.tokens, x.arrival)
	}
	last := x.arrival
	for _, at := range x.chunks {
		if at < last || at > longestTime {
			return nil, fmt.Errorf("a token at %v after %v (times must not fall)", at, last)
		}
		last = at
	}
	c := &metrics.Completion{
		Request: workloads.Request{ID: id, Arrival: x.arrival, PromptTokens: x.promptTokens, OutputTokens: x.tokens},
		Finish:  last, Own: x.times(), Reason: x.failure,
	}
	if x.failure != "" || len(c.Own) == 0 {
		c.Outcome = metrics.Failed
	}
	return c, nil
}

// times returns a time for every token. Surplus tokens are spread over the chunks
// evenly; surplus chunks, which come last and are empty, are left out.
func (x reply) times() []time.Duration {
	n := len(x.chunks)
	if n == 0 || x.tokens == n || x.tokens == 0 {
		return x.chunks
	}
	if x.tokens < n {
		return x.chunks[:x.tokens]
	}
	times := make([]time.Duration, 0, x.tokens)
	for i, at := range x.chunks {
		for range (i+1)*x.tokens/n - i*x.tokens/n {
			times = append(times, at)
		}
	}
	return times
}

// seconds returns a time that a file gives in seconds, which has to be checked.
func seconds(s float64) time.Duration {
	if !(s >= -1e10 && s <= 1e10) {
		return -1
	}
	return time.Duration(s*1e9 + 0.5)
}
