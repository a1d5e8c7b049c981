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

// eachRow visits the rows of a file with their lines, and returns how many bytes
// the whole lines take. A line that is not JSON was damaged and is passed over.
func eachRow(path string, visit func(StudyRow, []byte) error) (whole int64, err error) {
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
		whole += int64(len(line))
		row := StudyRow{Point: -1}
		if json.Unmarshal(line, &row) != nil || row.Status == "" {
			continue
		}
		if err := visit(row, line); err != nil {
			return whole, fmt.Errorf("%s: %w", path, err)
		}
	}
}

// A storedRow is where a row is.
type storedRow struct {
	point int
	line  []byte
}

// readRows returns the lines of a folder in order, one for each run.
func readRows(folder string) ([]storedRow, error) {
	var all []storedRow
	_, err := eachRow(filepath.Join(folder, RowsFile), func(row StudyRow, line []byte) error {
		all = append(all, storedRow{row.Point, line})
		return nil
	})
	slices.SortStableFunc(all, func(a, b storedRow) int { return a.point - b.point })
	return slices.CompactFunc(all, func(a, b storedRow) bool { return a.point == b.point }), readable(err)
}

// writeRows writes both files of a sweep that is complete.
func writeRows(folder string, l layout, all []storedRow) error {
	var rows, table bytes.Buffer
	table.Write(l.head())
	for _, stored := range all {
		rows.Write(stored.line)
		var row StudyRow
		if err := json.Unmarshal(stored.line, &row); err != nil {
			return err
		}
		table.Write(l.line(row))
	}
	return errors.Join(WriteFile(folder, RowsFile, rows.Bytes()), WriteFile(folder, TableFile, table.Bytes()))
}
