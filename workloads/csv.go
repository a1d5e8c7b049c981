package workloads

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// columns describe a comma-separated format by the names in its header.
type columns struct {
	arrival, prompt, output string
	tenant, class           string // "" if there are none

	time    func([]byte) (time.Duration, error)
	untimed bool // the column of arrivals may be missing
	closed  bool // no other columns are allowed
}

// registerCSV adds a comma-separated trace format.
func registerCSV(name, description string, c columns) {
	formats.add(name, TraceFormat{Name: name, Description: description, begins: c.begin, parser: c.parser})
}

func header(first string) []string {
	names := strings.Split(first, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

// begin reports whether a header has the columns that the format needs.
func (c columns) begin(first string) bool {
	names := header(first)
	return slices.Contains(names, c.prompt) && slices.Contains(names, c.output) &&
		(c.untimed || slices.Contains(names, c.arrival))
}

func (c columns) parser(first string) (parser, bool, error) {
	p := &csvParser{columns: c, names: header(first), interned: map[string]string{}}
	for i, name := range p.names {
		if slices.Contains(p.names[:i], name) {
			return nil, true, fmt.Errorf("column %q is there twice", name)
		}
		if c.closed && !slices.Contains([]string{c.arrival, c.prompt, c.output, c.tenant, c.class}, name) {
			return nil, true, fmt.Errorf("unknown column %q (have %s)", name, list([]string{c.arrival, c.prompt, c.output, c.tenant, c.class}))
		}
	}
	return p, true, nil
}

// A csvParser reads the rows below one header.
type csvParser struct {
	columns
	names    []string
	interned map[string]string // tenants and classes, each kept once
}

func (p *csvParser) timed() bool { return slices.Contains(p.names, p.arrival) }

// parse implements parser.
func (p *csvParser) parse(line []byte, r *row) error {
	if n := bytes.Count(line, []byte{','}) + 1; n != len(p.names) {
		return fmt.Errorf("%d fields (must be %d, as in the header)", n, len(p.names))
	}
	for _, name := range p.names {
		field, rest, _ := bytes.Cut(line, []byte{','})
		line = rest
		if err := p.set(r, name, bytes.TrimSpace(field)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (p *csvParser) set(r *row, name string, field []byte) (err error) {
	switch name {
	case p.arrival:
		r.at, err = p.time(field)
	case p.prompt:
		r.prompt, err = parseTokens(field)
	case p.output:
		r.output, err = parseTokens(field)
	case p.tenant:
		r.tenant = p.intern(field)
	case p.class:
		r.class = p.intern(field)
	}
	return err
}

func (p *csvParser) intern(field []byte) string {
	if s, ok := p.interned[string(field)]; ok {
		return s
	}
	s := string(field)
	p.interned[s] = s
	return s
}
