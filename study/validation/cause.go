package validation

import (
	"cmp"
	"math"
	"slices"
)

// Worst returns the runs with the largest errors of the mean E2E, at most n.
func (r *Report) Worst(n int) (all []*Run) {
	for _, run := range r.Runs {
		if _, ok := run.mean(); ok {
			all = append(all, run)
		}
	}
	slices.SortStableFunc(all, func(a, b *Run) int {
		x, _ := a.mean()
		y, _ := b.mean()
		return cmp.Compare(y.Error(), x.Error())
	})
	return all[:min(n, len(all))]
}

// mean returns the mean E2E, of the whole run or else of the worst stage.
func (r *Run) mean() (worst Figure, ok bool) {
	for i := range r.Spans {
		if f, has := r.Spans[i].Figure("e2e_mean"); has && (!ok || f.Error() > worst.Error()) {
			worst, ok = f, true
		}
		if ok && r.Spans[i].Stage == wholeRun {
			break
		}
	}
	return worst, ok
}

// Limits that tell causes of errors apart, as shares and in percent.
const (
	queueing = 0.1 // of E2E that is TTFT, from which on requests queue
	small    = 3.0 // errors that need no cause
)

// Cause returns what most likely makes a run differ from its record.
func (r *Run) Cause() string {
	e2e, ok := r.mean()
	if !ok {
		return ""
	}
	var worst *Span
	for i := range r.Spans {
		if f, _ := r.Spans[i].Figure("e2e_mean"); f == e2e {
			worst = &r.Spans[i]
		}
	}
	ttft, _ := worst.Figure("ttft_mean")
	tpot, hasTPOT := worst.Figure("tpot")
	queues := ttft.Predicted > queueing*e2e.Predicted || ttft.Measured > queueing*e2e.Measured
	switch {
	case e2e.Error() < small:
		return "none: within a few percent"
	case r.Experiment.Overloaded && r.Preemptions > 0:
		return "overload: preemptions and time-outs magnify an error of the step time"
	case queues && hasTPOT && tpot.Error() < e2e.Error():
		return "near saturation: an error of the step time is magnified by the queue"
	case hasTPOT && math.Abs(tpot.Error()-e2e.Error()) < small:
		return "step time: kernels or overhead of the engine at this batch and context"
	case ttft.Error() > 2*e2e.Error():
		return "time to first token: client, scheduling or prefill"
	}
	return "not told apart"
}
