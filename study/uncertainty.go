package study

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/metrics"
)

// bands are the figures of a report whose held-out errors are known, and how these
// are called.
var bands = []struct{ name, errors string }{{"ttft_pct", "ttft"}, {"tpot_pct", "tpot"}, {"e2e_pct", "e2e"}}

// uncertaintyRows returns by how many percent the figures of a deployment are likely
// to be off, from recordings that took no part in any fit.
func uncertaintyRows(d *hardware.Deployment) []metrics.Row {
	u, known := d.Uncertainty()
	if !known {
		return []metrics.Row{{Group: "uncertainty", Name: "kind", Value: "nobody held this engine against recordings"}}
	}
	rows := []metrics.Row{
		{Group: "uncertainty", Name: "kind", Value: u.Kind}, {Group: "uncertainty", Name: "share", Value: u.Share},
		{Group: "uncertainty", Name: "source", Value: u.Source},
	}
	for _, b := range bands {
		for _, stat := range []string{"mean", "p50", "p90", "p99"} {
			e, ok := u.Errors[b.errors+"_"+stat]
			if stat == "mean" && !ok {
				e, ok = u.Errors[b.errors]
			}
			if ok {
				rows = append(rows, metrics.Row{Group: "uncertainty", Name: b.name, Stat: stat, Value: e})
			}
		}
	}
	return rows
}

// A RateBand is what a rate becomes if all iterations take as much longer or
// shorter as held-out predictions of the time per output token were off.
type RateBand struct {
	Low         float64 `json:"low"` // requests per second
	High        float64 `json:"high"`
	StepPercent float64 `json:"step_time_pct"`
	Kind        string  `json:"kind"`
	Share       float64 `json:"share"`
	Source      string  `json:"source"`
}

// band searches again at the first seed, with iterations that take longer, and
// shorter. Both answers change by the same factors as at that seed, which sees the
// same requests. It is nil where there is nothing to search or no error is known.
func (s *capacitySearch) band(ctx context.Context, r *CapacityResult) (*RateBand, error) {
	u, known := s.plan.Deployment.Uncertainty()
	off, base := u.Errors["tpot"]/100, r.Brackets[0].Low
	if !known || s.asked.Measure != nil || base == 0 || r.unbounded() || !(off > 0 && off < 1) {
		return nil, nil
	}
	var rates [2]float64
	err := each(ctx, workers(s.asked.Workers), 2, func(ctx context.Context, i int) error {
		factor := []float64{1 + off, 1 - off}[i]
		slow := capacitySearch{experiment: s.experiment, options: s.options, asked: s.asked, criterion: s.criterion,
			start: base / factor, step: 1 + 2*s.asked.tolerance(), length: s.length, fixed: s.fixed}
		slow.plan = s.plan.slower(factor)
		b, err := slow.at(ctx, s.experiment.Seed)
		rates[i] = r.Rate.Mean * b.Low / base
		return err
	})
	slices.Sort(rates[:])
	return &RateBand{min(rates[0], r.Rate.Mean), max(rates[1], r.Rate.Mean), u.Errors["tpot"], u.Kind, u.Share, u.Source}, err
}

// slower returns the plan with iterations that take longer by a factor.
func (p *Plan) slower(factor float64) *Plan {
	q := *p
	q.Pools = nil
	for _, pool := range p.Pools {
		like := *pool
		like.cost = scaled{pool.cost, factor}
		q.Pools = append(q.Pools, &like)
	}
	q.Pool = q.Pools[0]
	return &q
}

// scaled is a cost model whose iterations take longer by a factor.
type scaled struct {
	hardware.CostModel
	factor float64
}

// IterationTime implements hardware.CostModel.
func (c scaled) IterationTime(s hardware.Shape) time.Duration {
	return time.Duration(math.Ceil(c.factor * float64(c.CostModel.IterationTime(s))))
}

// String tells the band in words.
func (b *RateBand) String() string { return number4(b.Low) + " to " + number4(b.High) }

// Reason tells what the band rests on.
func (b *RateBand) Reason() string {
	return fmt.Sprintf("iterations %s %% longer or shorter: %.0f %% of the recordings in which TPOT was predicted (%s) were off by less; %s",
		number4(b.StepPercent), 100*b.Share, b.Kind, b.Source)
}
