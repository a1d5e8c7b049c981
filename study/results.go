package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The files of a sweep.
const (
	RowsFile  = "results.jsonl"
	TableFile = "results.csv"
	StampFile = "sweep.json"
	lockFile  = ".lock"
)

// Results is the folder of a sweep. Rows are appended as runs end, each whole or
// not at all, and put in order when all are there. One process writes at a time.
type Results struct {
	folder string
	stamp  stamp
	done   map[int]bool
	rows   appender
	table  appender
	lock   io.Closer
}

// A stamp tells whose rows a folder holds.
type stamp struct {
	Schema int    `json:"schema"`
	Study  string `json:"study"` // hash
	Points int    `json:"points"`
	Shard  int    `json:"shard"`
	Shards int    `json:"shards"`
	Runs   int    `json:"runs"` // of the shard
	layout
}

// ResultsOptions tell how the folder of a sweep is opened.
type ResultsOptions struct {
	Hash          string // of the study
	Shard, Shards int    // Shards 0 is 1
	Resume        bool   // go on with what is there
	Wait          bool   // until another process that writes to the folder has ended
}

// OpenResults opens the folder of a sweep, and makes it if need be. What a former
// process has kept is kept, but for a line that was cut off.
func (s *Study) OpenResults(folder string, o ResultsOptions) (*Results, error) {
	if o.Shards == 0 {
		o.Shards = 1
	}
	if err := (SweepOptions{Shard: o.Shard, Shards: o.Shards}).validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("--out: %w (must be a folder that can be written)", readable(err))
	}
	lock, err := lockFolder(filepath.Join(folder, lockFile), o.Wait)
	if err != nil {
		return nil, err
	}
	r := &Results{folder: folder, lock: lock, done: map[int]bool{}, stamp: stamp{
		Schema: 1, Study: o.Hash, Points: s.points, Shard: o.Shard, Shards: o.Shards,
		Runs: len(s.Shard(o.Shard, o.Shards)), layout: layout{s.order, s.Columns},
	}}
	if err := r.open(o); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Results) open(o ResultsOptions) error {
	if err := r.checkStamp(o.Resume); err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		at   *appender
	}{{RowsFile, &r.rows}, {TableFile, &r.table}} {
		file, err := os.OpenFile(filepath.Join(r.folder, f.name), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o666)
		if err != nil {
			return readable(err)
		}
		f.at.file = file
	}
	return nil
}

// checkStamp makes sure that rows in the folder are of this study, and marks it.
func (r *Results) checkStamp(resume bool) error {
	text, err := os.ReadFile(filepath.Join(r.folder, StampFile))
	if os.IsNotExist(err) {
		if _, err := os.Stat(filepath.Join(r.folder, RowsFile)); err == nil {
			return fmt.Errorf("--out: %s holds %s of something else (must be empty, or the folder of this study)", r.folder, RowsFile)
		}
		return WriteFile(r.folder, StampFile, indented(r.stamp))
	}
	if err != nil {
		return readable(err)
	}
	var there stamp
	if err := json.Unmarshal(text, &there); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.folder, StampFile), err)
	}
	switch {
	case there.Study != r.stamp.Study:
		return fmt.Errorf("--out: %s holds the results of another study (its file, experiment, settings, profiles or version differ)", r.folder)
	case there.Shard != r.stamp.Shard || there.Shards != r.stamp.Shards:
		return fmt.Errorf("--out: %s holds shard %d/%d (must be %d/%d)", r.folder, there.Shard, there.Shards, r.stamp.Shard, r.stamp.Shards)
	case !resume:
		return fmt.Errorf("--out: %s holds results (--resume goes on with them)", r.folder)
	}
	return nil
}

// read finds the rows that are there, cuts off a last line that is not whole, and
// writes the table anew.
func (r *Results) read() error {
	path := filepath.Join(r.folder, RowsFile)
	return replaceFile(r.folder, TableFile, func(table io.Writer) error {
		if _, err := table.Write(r.stamp.head()); err != nil {
			return err
		}
		whole, err := eachRow(path, func(row StudyRow, _ storedRow) error {
			if row.Point < 0 || row.Point >= r.stamp.Points {
				return fmt.Errorf("point %d (must be from 0 to %d)", row.Point, r.stamp.Points-1)
			}
			if r.done[row.Point] {
				return nil
			}
			r.done[row.Point] = true
			_, err := table.Write(r.stamp.line(row))
			return err
		})
		switch {
		case os.IsNotExist(err):
			return nil
		case err != nil:
			return err
		}
		return os.Truncate(path, whole)
	})
}

// Done reports whether the row of a run is there.
func (r *Results) Done(point int) bool { return r.done[point] }

// Count returns how many rows are there.
func (r *Results) Count() int { return len(r.done) }

// Keep adds a row. After an error the rows before it are there, whole.
func (r *Results) Keep(row StudyRow) error {
	if err := r.rows.append(row.line()); err != nil {
		return err
	}
	r.done[row.Point] = true
	return r.table.append(r.stamp.line(row))
}

// Finish puts the rows in order.
func (r *Results) Finish() error {
	all, err := readRows(r.folder)
	if err != nil {
		return err
	}
	return writeRows(r.folder, r.stamp.layout, all)
}

// Close lets others write to the folder.
func (r *Results) Close() error {
	return errors.Join(r.rows.close(), r.table.close(), r.lock.Close())
}

// Runs returns how many rows there will be.
func (r *Results) Runs() int { return r.stamp.Runs }
