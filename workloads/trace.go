package workloads

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A trace is a file of requests that was checked from end to end.
type trace struct {
	path     string
	skipZero bool
	timed    bool
	sha256   string
	skipped  int
	table    []row // in order of time; nil if rows are streamed from the file
	window   [2]time.Duration
	resample bool
	whole    extent // all rows
	extent   extent // those that are played; of all in the window, how many
}

// openReader opens the file, and writes what is read to also.
func (t *trace) openReader(also io.Writer) (*reader, error) {
	file, err := os.Open(t.path)
	if err != nil {
		return nil, fmt.Errorf("workload.trace: %w", err)
	}
	r, err := newReader(t.path, io.TeeReader(file, also))
	if err != nil {
		file.Close()
		return nil, err
	}
	r.close, r.skipZero = file.Close, t.skipZero
	return r, nil
}

// readTrace checks a file, and keeps its rows if it must.
func readTrace(s Spec, o Options) (*trace, error) {
	t := &trace{path: s.Trace, skipZero: s.Zero == "skip", resample: s.Resample, window: [2]time.Duration{0, longestSpan + 1}}
	if !filepath.IsAbs(t.path) {
		t.path = filepath.Join(o.Folder, t.path)
	}
	if s.Window != nil {
		t.window = [2]time.Duration(s.Window)
	}
	warn := o.Warn
	if warn == nil {
		warn = func(string) {}
	}
	disorder, err := t.check(s.Strict)
	if err != nil {
		return nil, err
	}
	if t.skipped > 0 {
		warn(fmt.Sprintf("%s: %d rows with a length of 0 (dropped)", t.path, t.skipped))
	}
	if disorder > 0 {
		warn(fmt.Sprintf("%s:%d: arrives before the row above it (rows are sorted by time)", t.path, disorder))
	}
	if disorder > 0 || t.resample {
		return t, t.load()
	}
	return t, nil
}

// check reads the whole file, and returns the first line that is out of order.
func (t *trace) check(strict bool) (disorder int, err error) {
	hash := sha256.New()
	reader, err := t.openReader(hash)
	if err != nil {
		return 0, err
	}
	reader.sorted = strict
	var r row
	all := extent{first: math.MaxInt64}
	for ; reader.next(&r); all.rows++ {
		all.first, all.last = min(all.first, r.at), max(all.last, r.at)
	}
	if err := reader.err(); err != nil {
		return 0, err
	}
	if all.rows == 0 {
		return 0, fmt.Errorf("%s: %w", t.path, errEmpty)
	}
	if span := all.last - all.first; span > longestSpan {
		return 0, fmt.Errorf("%s: lasts %v (must be at most %v)", t.path, span, longestSpan)
	}
	t.whole, t.timed, t.skipped = all, reader.parser.timed(), reader.skipped
	t.sha256 = hex.EncodeToString(hash.Sum(nil))
	return reader.disorder, nil
}

// load reads the rows within the window into memory and sorts them.
func (t *trace) load() error {
	reader, err := t.openReader(io.Discard)
	if err != nil {
		return err
	}
	t.table = []row{} // not nil, even if the window is empty
	var r row
	for reader.next(&r) {
		if at := r.at - t.whole.first; at >= t.window[0] && at < t.window[1] {
			t.table = append(t.table, r)
		}
	}
	slices.SortStableFunc(t.table, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	return reader.err()
}

// ordered returns the rows within the window, in order of time.
func (t *trace) ordered() (rows, error) {
	if t.table != nil {
		return &cursor{rows: t.table}, nil
	}
	r, err := t.openReader(io.Discard)
	if err != nil {
		return nil, err
	}
	r.sorted = true
	return &windowed{reader: r, from: t.whole.first + t.window[0], before: t.whole.first + t.window[1]}, nil
}

// open implements origin.
func (t *trace) open(seed uint64) (rows, error) {
	if t.resample {
		return &resampled{rows: t.table, period: t.extent.period(), random: Stream(seed, "resample")}, nil
	}
	return t.ordered()
}
