package study

import (
	"context"
	"fmt"
	"strings"
)

// A SweepResult counts the runs of a study by how they ended.
type SweepResult struct {
	Runs       int // asked for, of the shard
	Kept       int // of them, that were there already
	Done       int // the others, by status
	CannotRun  int
	Overloaded int
	Reason     string // why the first of those cannot run
}

// SweepInto does the runs of a study, or of one shard, that are not in a folder
// yet, and keeps their rows there. When all are there it puts them in order. After
// an error, what was complete stays, and a later call goes on from there.
func SweepInto(ctx context.Context, s *Study, o Options, c SweepOptions, results *Results) (SweepResult, error) {
	r := SweepResult{Runs: results.stamp.Runs, Kept: results.Count()}
	kept := c.Keep
	c.Done = results.Done
	c.Shard, c.Shards = results.stamp.Shard, results.stamp.Shards
	c.Keep = func(row StudyRow) error {
		if err := results.Keep(row); err != nil {
			return err
		}
		r.Count(row)
		if kept != nil {
			return kept(row)
		}
		return nil
	}
	if r.Kept < r.Runs {
		if err := Sweep(ctx, s, o, c); err != nil {
			return r, err
		}
	}
	return r, results.Finish()
}

// Count adds a row.
func (r *SweepResult) Count(row StudyRow) {
	switch row.Status {
	case Done:
		r.Done++
	case Overloaded:
		r.Overloaded++
	case CannotRun:
		r.CannotRun++
		if r.Reason == "" {
			r.Reason = row.Reason
		}
	}
}

// Answer returns a sentence that says what was done.
func (r SweepResult) Answer() string {
	parts := []string{fmt.Sprintf("%d of %d runs ended", r.Done, r.Runs)}
	if r.Overloaded > 0 {
		parts = append(parts, fmt.Sprintf("%d were given up as hopelessly overloaded", r.Overloaded))
	}
	if r.CannotRun > 0 {
		parts = append(parts, fmt.Sprintf("%d cannot run (such as: %s)", r.CannotRun, r.Reason))
	}
	if r.Kept > 0 {
		parts = append(parts, fmt.Sprintf("%d were there already", r.Kept))
	}
	return strings.Join(parts, "; ") + "."
}
