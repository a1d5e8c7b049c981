package fit

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

// A frame is a table of measurements, read whole.
type frame struct {
	file    string
	columns map[string]int
	rows    [][]string
}

// readFrame reads the table of a family for a GPU: "<gpu>_<family>.csv" or
// "<family>.csv", each also with ".gz". It returns nil if there is none.
func readFrame(fsys fs.FS, gpu, family string, columns ...string) (*frame, error) {
	prefix := strings.ReplaceAll(gpu, "-", "_") + "_"
	for _, name := range []string{prefix + family + ".csv", prefix + family + ".csv.gz", family + ".csv", family + ".csv.gz"} {
		f, err := fsys.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("fit: %w", err)
		}
		defer f.Close()
		return parseFrame(name, f, columns)
	}
	return nil, nil
}

func parseFrame(name string, r io.Reader, columns []string) (*frame, error) {
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r = z
	}
	rows, err := csv.NewReader(bufio.NewReader(r)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: no rows (a header and one row at least)", name)
	}
	f := &frame{file: name, columns: map[string]int{}, rows: rows[1:]}
	for i, c := range rows[0] {
		f.columns[strings.TrimSpace(strings.TrimPrefix(c, "\ufeff"))] = i
	}
	if err := f.rename(); err != nil {
		return nil, err
	}
	for _, c := range columns {
		if _, ok := f.columns[c]; !ok {
			return nil, fmt.Errorf("%s:1: no column %q (must have %s)", name, c, strings.Join(columns, ", "))
		}
	}
	return f, nil
}

func (f *frame) text(row int, column string) string { return f.rows[row][f.columns[column]] }

// at returns the place of a row for messages. The header is line 1.
func (f *frame) at(row int) string { return fmt.Sprintf("%s:%d", f.file, row+2) }

// whole reads sizes of a row, which are whole numbers of at least 1.
func (f *frame) whole(row int, columns ...string) ([]int, error) {
	values := make([]int, len(columns))
	for i, c := range columns {
		v, err := strconv.Atoi(f.text(row, c))
		if err != nil || v < 1 || v > 1<<31 {
			return nil, fmt.Errorf("%s: %s: %q (must be a whole number above 0)", f.at(row), c, f.text(row, c))
		}
		values[i] = v
	}
	return values, nil
}

// seconds reads the column latency_ms.
func (f *frame) seconds(row int) (float64, error) {
	v, err := strconv.ParseFloat(f.text(row, "latency_ms"), 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s: latency_ms: %q (must be a finite number above 0)", f.at(row), f.text(row, "latency_ms"))
	}
	return v * 1e-3, nil
}
