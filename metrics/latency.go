package metrics

import "time"

func init() {
	Register("latency", "TTFT, TBT, TPOT, E2E, scheduling delay and normalised latency", func(o Options) Metric {
		return &latency{warmup: o.Warmup, recorded: o.Recorded}
	})
}

// latency keeps the conventional latencies of finished requests. TBT pools the
// gaps between output tokens of all requests; the others pool requests.
type latency struct {
	warmup   time.Duration
	recorded bool

	ttft, tbt, tpot, e2e, delay, normalised Histogram
}

// Iteration implements IterationObserver.
func (m *latency) Iteration(it *Iteration) {
	if it.End < m.warmup {
		return
	}
	m.tbt.RecordN(it.StepGap, it.StepGaps)
	for _, d := range it.OwnGaps {
		m.tbt.RecordN(d, 1)
	}
}

// Finished implements RequestObserver.
func (m *latency) Finished(c *Completion, s *Score) {
	if m.recorded {
		c.gaps(m.warmup, &m.tbt) // which iterations report where there are iterations
	}
	if !s.Served || c.Request.Arrival < m.warmup {
		return
	}
	arrival, n := c.Request.Arrival, time.Duration(c.Tokens())
	m.ttft.Record(c.First() - arrival)
	m.e2e.Record(c.Finish - arrival)
	m.normalised.Record((c.Finish - arrival) / n)
	if n > 1 {
		m.tpot.Record((c.Last() - c.First()) / (n - 1))
	}
	if !m.recorded {
		m.delay.Record(c.Admitted - arrival)
	}
}

// gaps records the gaps between the tokens that were produced since the warmup.
func (c *Completion) gaps(warmup time.Duration, into *Histogram) {
	if c.Tokens() == 0 {
		return
	}
	last := c.First()
	for i := 1; i < c.Tokens(); i++ {
		t := c.Token(i)
		if t >= warmup {
			into.Record(t - last)
		}
		last = t
	}
}

// Merge implements Metric.
func (m *latency) Merge(o Metric) {
	l := o.(*latency)
	m.ttft.Merge(&l.ttft)
	m.tbt.Merge(&l.tbt)
	m.tpot.Merge(&l.tpot)
	m.e2e.Merge(&l.e2e)
	m.delay.Merge(&l.delay)
	m.normalised.Merge(&l.normalised)
}

// Rows implements Metric.
func (m *latency) Rows() []Row {
	rows := []Row{
		{"fluidity", "tpot_rate_per_s", "", perSecond(m.tpot.Mean())},
		{"fluidity", "tail_tbt_rate_per_s", "", perSecond(m.tbt.Percentile(p99))},
	}
	rows = append(rows, m.ttft.rows("ttft_ms")...)
	rows = append(rows, m.tbt.rows("tbt_ms")...)
	rows = append(rows, m.tpot.rows("tpot_ms")...)
	rows = append(rows, m.e2e.rows("e2e_ms")...)
	rows = append(rows, m.delay.rows("scheduling_delay_ms")...)
	return append(rows, m.normalised.rows("normalized_ms_per_token")...)
}

var p50, p90, p99 = Ratio{1, 2}, Ratio{9, 10}, Ratio{99, 100}

// rows returns the rows of one latency, in ms.
func (h *Histogram) rows(name string) []Row {
	stats := []struct {
		stat string
		ns   float64
	}{
		{"mean", h.Mean()},
		{"p50", h.Percentile(p50)},
		{"p90", h.Percentile(p90)},
		{"p99", h.Percentile(p99)},
		{"max", float64(h.max)},
		{"sd", h.Deviation()},
	}
	rows := []Row{{"latency", name, "count", h.n}}
	for _, s := range stats {
		row := Row{"latency", name, s.stat, nil}
		if h.n > 0 {
			row.Value = s.ns / 1e6
		}
		rows = append(rows, row)
	}
	return rows
}

// perSecond returns how often a time in ns fits a second, nil for no time.
func perSecond(ns float64) any {
	if ns > 0 {
		return 1e9 / ns
	}
	return nil
}
