package validation

import (
	"cmp"
	"context"
	"fmt"
)

// A PointRun is a closed loop as it was simulated, beside its record.
type PointRun struct {
	Point   *Point
	Err     error // why there is no simulation
	Figures []Figure
}

// RunPoint simulates a closed loop.
func (s *Simulator) RunPoint(ctx context.Context, p *Point) *PointRun {
	run := &PointRun{Point: p}
	t, err := s.point(p)
	if err == nil {
		_, err = t.run(ctx)
	}
	if err != nil {
		run.Err = fmt.Errorf("%s: %w", p.ID, err)
		return run
	}
	l := latencies(t.requests)
	for _, f := range []Figure{{"ttft", l.TTFT.Mean, p.TTFT, p.Source}, {"tpot", l.TPOT.Mean, p.TPOT, p.Source}} {
		if f.Measured > 0 {
			run.Figures = append(run.Figures, f)
		}
	}
	return run
}

// Group names the points that are alike: source, engine, GPU and model.
func (p *Point) Group() string {
	return fmt.Sprintf("%s %s %s %s %s", p.Source, p.Engine, cmp.Or(p.Version, "?"), p.GPU, p.Model)
}

// ClosedLoops pools the errors of closed loops by group.
func (r *Report) ClosedLoops() map[string]Pools {
	by := map[string]gathered{}
	for _, run := range r.Points {
		if run.Err != nil {
			continue
		}
		name := run.Point.Group()
		if by[name] == nil {
			by[name] = gathered{}
		}
		by[name].add(run.Figures)
	}
	all := map[string]Pools{}
	for name, g := range by {
		all[name] = g.pools()
	}
	return all
}
