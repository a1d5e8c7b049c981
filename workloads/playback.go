package workloads

import (
	"fmt"
	"math"
)

// openTrace reads the trace, and settles which of its rows are played at what
// times.
func (w *Workload) openTrace(o Options) error {
	t, err := readTrace(w.spec, o)
	if err != nil {
		return err
	}
	w.origin = t
	if err := w.checkTimed(t); err != nil {
		return err
	}
	if t.timed && w.spec.Arrivals.Stages == nil {
		w.defaultProcess(processTrace)
	} else {
		w.defaultProcess("poisson")
	}
	if err := w.limitRows(t); err != nil {
		return err
	}
	return w.scaleTime(t)
}

// checkTimed refuses keys that need recorded arrivals where there are none.
func (w *Workload) checkTimed(t *trace) error {
	if t.timed {
		return nil
	}
	key := ""
	switch s := w.spec; {
	case s.Arrivals.Process == processTrace:
		key = "workload.arrivals.process = \"trace\""
	case s.TimeScale != nil:
		key = "workload.time_scale"
	case s.Window != nil:
		key = "workload.window"
	default:
		return nil
	}
	return fmt.Errorf("%s: %s records no arrivals (it must have a column of times)", key, t.path)
}

// limitRows counts the rows that are played: the first requests of the window,
// or all of it. Resampled rows are not limited by the file.
func (w *Workload) limitRows(t *trace) error {
	if err := w.measure(t); err != nil {
		return err
	}
	n := t.extent.rows
	switch requests := w.spec.Requests; {
	case n == 0:
		return fmt.Errorf("workload.window: %v holds no request of %s", w.spec.Window, t.path)
	case requests == nil && (!t.resample || w.spec.Duration == nil && w.spec.Arrivals.Stages == nil):
		w.limit = n
	case !t.resample && *requests > n:
		return fmt.Errorf("workload.requests: %d, but %s has %d (workload.resample = true draws more)", *requests, t.path, n)
	}
	return nil
}

// measure finds the extent of the rows that are played.
func (w *Workload) measure(t *trace) error {
	if w.spec.Window == nil && (t.resample || w.limit >= t.whole.rows) {
		t.extent = t.whole
		return nil
	}
	all, err := t.ordered()
	if err != nil {
		return err
	}
	e := &t.extent
	var r row
	for ; all.next(&r); e.rows++ {
		if e.rows == 0 {
			e.first = r.at
		}
		if t.resample || e.rows < w.limit {
			e.last = r.at
		}
	}
	if r, ok := all.(*windowed); ok {
		return r.err()
	}
	return nil
}

// scaleTime sets the factor of recorded times: what makes the mean rate the one
// asked for, or else the time scale.
func (w *Workload) scaleTime(t *trace) error {
	w.start, w.factor = t.extent.first, or(w.spec.TimeScale, 1)
	a := w.spec.Arrivals
	if a.Process != processTrace {
		return nil
	}
	e := t.extent
	if !t.resample {
		e.rows = min(e.rows, w.limit)
	}
	if a.Rate != nil && e.rows > 1 {
		if e.last == e.first {
			return fmt.Errorf("workload.arrivals.rate: %v, but all of %s arrives at once (set workload.arrivals.process too)", *a.Rate, t.path)
		}
		w.factor = min(1/(*a.Rate*e.meanGap()), math.MaxFloat64)
	}
	return w.checkRecorded(t, e)
}

// checkRecorded refuses recorded times that would overflow once they are repeated
// and scaled, or repeat without ever getting on.
func (w *Workload) checkRecorded(t *trace, e extent) error {
	span, end := (e.last - e.first).Seconds(), w.spec.Duration
	if t.resample {
		span = e.period().Seconds() * (float64(w.limit)/float64(e.rows) + 1)
	}
	if t.resample && w.spec.Requests == nil && end != nil && span == 0 {
		return fmt.Errorf("workload.resample: all of %s arrives at once (set workload.requests too)", t.path)
	}
	if end != nil {
		span = min(span, end.Seconds()/w.factor)
	}
	if span, longest := max(span, span*w.factor), longestSpan.Seconds(); span > longest {
		return fmt.Errorf("workload: the arrivals of %s last %.3g s once scaled (must be at most %.3g s)", t.path, span, longest)
	}
	return nil
}

// describe returns what is known of the workload without drawing from it.
func (w *Workload) describe() Survey {
	if t, ok := w.origin.(*trace); ok {
		return Survey{TraceFile: t.path, SHA256: t.sha256, Skipped: t.skipped}
	}
	return Survey{}
}
