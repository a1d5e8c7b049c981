package workloads

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// A reader yields the rows of a trace in the order of the file.
type reader struct {
	lines  *lines
	parser parser
	line   []byte // a line that was read ahead
	close  func() error

	skipZero bool // drop rows with a length of 0
	sorted   bool // a row that arrives before the one above it is an error
	skipped  int
	last     time.Duration
	disorder int // number of the first line out of order, 0 if there is none
	done     bool
	failure  error
}

var errEmpty = errors.New("no requests (a trace must have at least one)")

// newReader detects the format by the first line.
func newReader(name string, r io.Reader) (*reader, error) {
	l, err := newLines(name, r)
	if err != nil {
		return nil, err
	}
	line, err := l.next()
	if err != nil {
		return nil, err
	}
	if line == nil {
		return nil, fmt.Errorf("%s: %w", name, errEmpty)
	}
	f, err := detect(string(line))
	if err != nil {
		return nil, l.fault(err)
	}
	p, isHeader, err := f.parser(string(line))
	if err != nil {
		return nil, l.fault(err)
	}
	if isHeader {
		line = nil
	}
	return &reader{lines: l, parser: p, line: line, close: func() error { return nil }}, nil
}

// next implements rows. It closes the file when it returns false.
func (t *reader) next(r *row) bool {
	for !t.done {
		line := t.line
		if t.line = nil; line == nil {
			line, t.failure = t.lines.next()
		}
		if line == nil {
			break
		}
		if t.failure = t.read(line, r); t.failure != nil {
			break
		}
		if r.prompt > 0 && r.output > 0 {
			return true
		}
		t.skipped++
	}
	t.stop()
	return false
}

// stop closes the file; there are no more rows.
func (t *reader) stop() {
	if t.done {
		return
	}
	t.done = true
	if err := t.close(); t.failure == nil {
		t.failure = err
	}
}

// err tells why the rows ended before the end of the file.
func (t *reader) err() error { return t.failure }

// read parses a line and judges the row.
func (t *reader) read(line []byte, r *row) error {
	if err := t.parser.parse(line, r); err != nil {
		return t.lines.fault(err)
	}
	if (r.prompt == 0 || r.output == 0) && !t.skipZero {
		return t.lines.fault(fmt.Errorf("%d prompt and %d output tokens (must be at least 1; workload.zero = \"skip\" drops such rows)", r.prompt, r.output))
	}
	if r.at < t.last {
		if t.sorted {
			return t.lines.fault(fmt.Errorf("arrives %v before the row above it (must ascend)", t.last-r.at))
		}
		if t.disorder == 0 {
			t.disorder = t.lines.number
		}
	}
	t.last = r.at
	return nil
}
