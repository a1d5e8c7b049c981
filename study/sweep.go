package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// SweepOptions tell which runs of a study are done, and where the rows go.
type SweepOptions struct {
	Shard, Shards int // this part of so many, from 0; Shards 0 is 1
	Workers       int // runs at once; 0 is one for each processor

	// Done tells that a run needs not be done again; may be nil.
	Done func(point int) bool

	// Keep is handed each row when its run ends, one at a time, in any order. An
	// error ends the sweep.
	Keep func(StudyRow) error
}

// validate checks that the shard is one of so many.
func (c SweepOptions) validate() error {
	if c.Shards < 1 || c.Shard < 0 || c.Shard >= c.Shards {
		return fmt.Errorf("--shard: %d/%d (must be from 0/%d to %d/%d)", c.Shard, c.Shards, max(1, c.Shards), max(1, c.Shards)-1, max(1, c.Shards))
	}
	return nil
}

// Sweep does the runs of a study, those that cost the least first. All are held
// to the deadlines of one reference: the one that is named, or else the
// deployment of the first run that is possible. Rows do not depend on the number of
// workers or shards. It takes memory for the numbers of the runs, but not for
// their rows.
func Sweep(ctx context.Context, s *Study, o Options, c SweepOptions) error {
	if c.Shards == 0 {
		c.Shards = 1
	}
	if err := c.validate(); err != nil {
		return err
	}
	if c.Keep == nil {
		return errors.New("study: nobody keeps the rows (Keep must be given)")
	}
	var points []int
	for _, p := range s.Shard(c.Shard, c.Shards) {
		if c.Done == nil || !c.Done(p) {
			points = append(points, p)
		}
	}
	reference, err := s.reference(o)
	if err != nil {
		return err
	}
	o.Warn = nil // the same of every run
	var lock sync.Mutex
	return each(ctx, workers(c.Workers), len(points), func(ctx context.Context, i int) error {
		row, err := s.run(ctx, s.Point(points[i]), reference, o)
		if err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		return c.Keep(row)
	})
}

// Shard returns the numbers of the runs that are part i of n, the cheapest first.
// Parts are about equally dear.
func (s *Study) Shard(i, n int) []int {
	type priced struct {
		point int
		cost  float64
	}
	var all []priced
	for number := range s.points {
		if p := s.Point(number); !s.Excluded(p) {
			all = append(all, priced{number, s.cost(p)})
		}
	}
	slices.SortStableFunc(all, func(a, b priced) int { return cmp.Compare(a.cost, b.cost) })
	var points []int
	for k := i; k < len(all); k += n {
		points = append(points, all[k].point)
	}
	return points
}

// reference returns the reference of the first run that is possible, nil if none is.
func (s *Study) reference(o Options) (*Reference, error) {
	var first error
	for number := 0; number < s.points; number += s.Seeds {
		p := s.Point(number)
		if s.Excluded(p) {
			continue
		}
		e, err := s.Experiment(p)
		if err == nil {
			var plan *Plan
			if plan, err = e.Plan(o); err == nil {
				return &plan.Reference, nil
			}
		}
		first = cmp.Or(first, err)
	}
	if first == nil {
		first = errors.New("excludes every combination")
	}
	return nil, fmt.Errorf("%s: no run is possible: %w", s.file, first)
}

// run does one run. What the experiment itself is to blame for is an outcome.
func (s *Study) run(ctx context.Context, p Point, reference *Reference, o Options) (StudyRow, error) {
	row := s.newRow(p)
	e, err := s.Experiment(p)
	var plan *Plan
	if err == nil {
		plan, err = e.Plan(o)
	}
	if err != nil {
		row.Status, row.Reason = CannotRun, oneLine(err.Error())
		return row, nil
	}
	if slo := plan.Experiment.SLO; slo.Prefill == nil && slo.Reference == nil {
		plan.Reference = *reference
	}
	report, err := s.watched(ctx, plan)
	if given := new(overloadError); errors.As(err, given) {
		row.Status, row.Reason = Overloaded, given.Error()
		return row, nil
	}
	if err != nil {
		return row, err
	}
	row.Status, row.Figures = Done, figures(report)
	return row, nil
}
