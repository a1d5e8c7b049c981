package validation

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// A row is a line of a CSV file, its cells found by the names of their columns.
// The first fault that reading its cells has met is kept.
type row struct {
	file    string
	line    int
	columns map[string]int
	cells   []string
	fault   error
}

// eachRow calls read for every line of a CSV file that has the given columns, and
// may have others. What read finds at fault is told to complain, and the rest is
// read. A file whose name ends in .gz is compressed.
func eachRow(files fs.FS, name string, required []string, complain func(error), read func(*row)) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	defer f.Close()
	content := io.Reader(f)
	if strings.HasSuffix(name, ".gz") {
		if content, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	c := csv.NewReader(content)
	c.ReuseRecord = true
	r := &row{file: name}
	if r.columns, err = header(c, name, required); err != nil {
		return err
	}
	for {
		if r.cells, err = c.Read(); errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.line, _ = c.FieldPos(0)
		r.fault = nil
		read(r)
		if r.fault != nil {
			complain(r.fault)
		}
	}
}

func header(c *csv.Reader, name string, required []string) (map[string]int, error) {
	names, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w (must be CSV with a header)", name, err)
	}
	columns := map[string]int{}
	for i, n := range names {
		columns[n] = i
	}
	for _, n := range required {
		if _, ok := columns[n]; !ok {
			return nil, fmt.Errorf("%s:1: no column %q (must have %s)", name, n, strings.Join(required, ", "))
		}
	}
	return columns, nil
}

// cause takes the path off an error of a file system.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// text returns a cell, "" if there is no such column.
func (r *row) text(column string) string {
	if i, ok := r.columns[column]; ok {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// number returns a finite number.
func (r *row) number(column string) float64 {
	x, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		r.wrong(column, "must be a number")
		return 0
	}
	return x
}

// positive returns a number above 0.
func (r *row) positive(column string) float64 {
	x := r.number(column)
	if r.fault == nil && x <= 0 {
		r.wrong(column, "must be above 0")
	}
	return x
}

// whole returns a whole number from 0 that is at most 2^30.
func (r *row) whole(column string) int {
	n, err := strconv.Atoi(r.text(column))
	if err != nil || n < 0 || n > 1<<30 {
		r.wrong(column, "must be a whole number from 0")
		return 0
	}
	return n
}

// ifAny returns what read makes of a cell, 0 if there is nothing in it.
func ifAny[T int | float64](r *row, column string, read func(*row, string) T) (zero T) {
	if r.text(column) == "" {
		return zero
	}
	return read(r, column)
}

// truth returns a cell that says true or false; nothing is false.
func (r *row) truth(column string) bool {
	switch strings.ToLower(r.text(column)) {
	case "true", "1", "yes":
		return true
	case "false", "0", "no", "":
		return false
	}
	r.wrong(column, "must be True or False")
	return false
}

// count returns the first whole number in a cell that may say more, such as
// "4096 (assumed)", or 0.
func (r *row) count(column string) int { return firstNumber(r.text(column)) }

func firstNumber(text string) int {
	digits := strings.FieldsFunc(text, func(c rune) bool { return c < '0' || c > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0])
	return n
}

var gibibytesText = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?)\s*(?:g|gb|gib)?\b`)

// gibibytes returns the number that a cell such as "8GiB OffloadingConnector" begins
// with; nothing, and a word such as "none", is 0.
func (r *row) gibibytes(column string) float64 {
	m := gibibytesText.FindStringSubmatch(r.text(column))
	if m == nil {
		return 0
	}
	x, _ := strconv.ParseFloat(m[1], 64)
	return x
}

func (r *row) wrong(column, allowed string) {
	r.fail(fmt.Errorf("%s:%d: %s: %q (%s)", r.file, r.line, column, r.text(column), allowed))
}

// fail keeps the first fault.
func (r *row) fail(err error) {
	if r.fault == nil {
		r.fault = err
	}
}
