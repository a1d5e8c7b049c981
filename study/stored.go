package study

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A storedRow is where the row of a run is: memory is for the places of rows, not
// for rows.
type storedRow struct {
	point  int
	file   string
	offset int64
	size   int
}

// line reads the row.
func (r storedRow) line() ([]byte, error) {
	f, err := os.Open(r.file)
	if err != nil {
		return nil, readable(err)
	}
	defer f.Close()
	line := make([]byte, r.size)
	_, err = f.ReadAt(line, r.offset)
	return line, readable(err)
}

// eachRow visits the rows of a file, and returns how many bytes its whole lines
// take. A line that is not a row was damaged and is passed over.
func eachRow(path string, visit func(StudyRow, storedRow) error) (whole int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b := bufio.NewReader(f)
	for {
		line, err := b.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		at := storedRow{file: path, offset: whole, size: len(line)}
		whole += int64(len(line))
		row := StudyRow{Point: -1}
		if json.Unmarshal(line, &row) != nil || row.Status == "" {
			continue
		}
		at.point = row.Point
		if err := visit(row, at); err != nil {
			return whole, fmt.Errorf("%s: %w", path, err)
		}
	}
}

// readRows returns the rows of a folder in order, one for each run.
func readRows(folder string) ([]storedRow, error) {
	var all []storedRow
	_, err := eachRow(filepath.Join(folder, RowsFile), func(_ StudyRow, at storedRow) error {
		all = append(all, at)
		return nil
	})
	slices.SortStableFunc(all, byPoint)
	return slices.CompactFunc(all, samePoint), readable(err)
}

func byPoint(a, b storedRow) int    { return a.point - b.point }
func samePoint(a, b storedRow) bool { return a.point == b.point }

// unite puts rows in order. What was run twice must have given the same.
func unite(all []storedRow) ([]storedRow, error) {
	slices.SortStableFunc(all, byPoint)
	for i := 1; i < len(all); i++ {
		if !samePoint(all[i-1], all[i]) {
			continue
		}
		a, err := all[i-1].line()
		b, e := all[i].line()
		if err := errors.Join(err, e); err != nil {
			return nil, err
		}
		if !bytes.Equal(a, b) {
			return nil, fmt.Errorf("merge: run %d has two different outcomes", all[i].point)
		}
	}
	return slices.CompactFunc(all, samePoint), nil
}

// writeRows writes both files of a sweep that is complete. The rows may come from
// the file that is replaced.
func writeRows(folder string, l layout, all []storedRow) error {
	err := replaceFile(folder, TableFile, func(w io.Writer) error {
		_, err := w.Write(l.head())
		return errors.Join(err, eachLine(all, func(line []byte) error {
			var row StudyRow
			if err := json.Unmarshal(line, &row); err != nil {
				return err
			}
			_, err := w.Write(l.line(row))
			return err
		}))
	})
	return errors.Join(err, replaceFile(folder, RowsFile, func(w io.Writer) error {
		return eachLine(all, func(line []byte) error {
			_, err := w.Write(line)
			return err
		})
	}))
}

// eachLine visits the lines of rows in order.
func eachLine(all []storedRow, visit func([]byte) error) error {
	for _, r := range all {
		line, err := r.line()
		if err == nil {
			err = visit(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
