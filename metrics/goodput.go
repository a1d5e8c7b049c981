package metrics

import (
	"fmt"
	"strings"
	"time"
)

func init() {
	Register("goodput", "requests per second that meet all their targets", func(o Options) Metric {
		return &goodput{slo: o.SLO, warmup: o.Warmup}
	})
}

// goodput counts requests that met every target written in the SLO, or its
// fluidity threshold if none is. A request that was not served met none.
type goodput struct {
	slo     SLO
	warmup  time.Duration
	span    span
	n, good int64
}

// Finished implements RequestObserver.
func (m *goodput) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.warmup {
		return
	}
	m.span.add(c)
	m.n++
	if s.Served && m.meets(c, s) {
		m.good++
	}
}

func (m *goodput) meets(c *Completion, s *Score) bool {
	slo := s.slo
	if slo.TTFT == 0 && slo.TPOT == 0 && slo.E2E == 0 {
		return slo.Fluidity.Holds(s.Fluidity(slo.Index))
	}
	arrival := c.Request.Arrival
	return (slo.TTFT == 0 || c.First()-arrival <= slo.TTFT) &&
		(slo.E2E == 0 || c.Finish-arrival <= slo.E2E) &&
		(slo.TPOT == 0 || c.Last()-c.First() <= slo.TPOT*time.Duration(c.Tokens()-1))
}

// Merge implements Metric.
func (m *goodput) Merge(o Metric) {
	g := o.(*goodput)
	m.span.merge(g.span)
	m.n += g.n
	m.good += g.good
}

// Rows implements Metric.
func (m *goodput) Rows() []Row {
	var ratio any
	if m.n > 0 {
		ratio = float64(m.good) / float64(m.n)
	}
	return []Row{
		{"throughput", "goodput_requests_per_s", "", m.span.rate(float64(m.good))},
		{"throughput", "goodput_share", "", ratio},
		{"throughput", "goodput_targets", "", m.targets()},
	}
}

func (m *goodput) targets() string {
	var t []string
	for _, d := range []struct {
		name string
		time.Duration
	}{{"TTFT", m.slo.TTFT}, {"TPOT", m.slo.TPOT}, {"E2E", m.slo.E2E}} {
		if d.Duration > 0 {
			t = append(t, fmt.Sprintf("%s <= %v", d.name, d.Duration))
		}
	}
	if t == nil {
		return fmt.Sprintf("fluidity-index (%s) >= %v", m.slo.Index, m.slo.Fluidity)
	}
	return strings.Join(t, ", ")
}
