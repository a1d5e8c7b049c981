package metrics

import (
	"fmt"
	"math"
	"time"
)

func init() {
	Register("fluidity-rate", "fluid token generation rate: 1/D*, D* the least target that enough requests keep", func(o Options) Metric {
		m := &fluidRate{
			attainment: o.SLO.Attainment,
			target:     leastTarget{threshold: o.SLO.Fluidity},
			warmup:     o.Warmup,
			exact:      o.Requests > 0,
		}
		if m.exact {
			n := int64(o.Requests)
			m.tail.k = int(n - m.attainment.Of(n) + 2)
		} else {
			m.histogram = new(Histogram)
		}
		return m
	})
}

// fluidRate looks for the least D_d at which a share of the requests keeps the
// fluidity threshold, the first token left out. If the number of requests is
// known it is exact, and keeps the greatest of their least targets alone;
// otherwise they go into a histogram.
type fluidRate struct {
	attainment Ratio
	target     leastTarget
	warmup     time.Duration
	exact      bool

	n         int64
	tail      largest
	unserved  int64 // that the histogram lacks
	histogram *Histogram
}

// never is the least target of a request that was not served.
const never = time.Duration(math.MaxInt64)

// tolerance is how far, as a power of two, a target in the histogram may be above
// the least; together with the histogram's own error that makes half a percent.
const tolerance = 10

// Finished implements RequestObserver.
func (m *fluidRate) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.warmup {
		return
	}
	m.n++
	switch {
	case m.exact && !s.Served:
		m.tail.add(never)
	case m.exact && m.kept(s):
	case m.exact:
		if d, ok := m.target.above(c, m.tail.bound(), 63); ok {
			m.tail.add(d)
		}
	case !s.Served:
		m.unserved++
	default:
		d, _ := m.target.above(c, -1, tolerance)
		m.histogram.Record(d)
	}
}

// kept reports whether the score tells that the least target is none of the
// greatest: the reply keeps the threshold at D_d, which is no greater than they.
func (m *fluidRate) kept(s *Score) bool {
	n := s.Tokens - 1 - s.DecodeLate
	return s.slo.TBT <= m.tail.bound() && m.target.threshold.Holds(n, n+s.DecodeMissed)
}

// Merge implements Metric.
func (m *fluidRate) Merge(o Metric) {
	f := o.(*fluidRate)
	m.n += f.n
	m.tail.merge(&f.tail)
	m.unserved += f.unserved
	if m.histogram != nil {
		m.histogram.Merge(f.histogram)
	}
}

// Rows implements Metric.
func (m *fluidRate) Rows() []Row {
	precision := 0.0
	if !m.exact {
		precision = 0.005
	}
	counted, interpolated := m.quantiles()
	return []Row{
		{"fluidity", "token_rate_per_s", "", perSecond(counted)},
		{"fluidity", "token_rate_interpolated_per_s", "", perSecond(interpolated)},
		{"fluidity", "token_rate_d_d_ms", "", finiteMillis(counted)},
		{"fluidity", "token_rate_error", "", precision},
	}
}

// quantiles returns D* in ns, by counting requests and by linear interpolation as
// numpy does; NaN without requests, infinite if too many were not served.
func (m *fluidRate) quantiles() (counted, interpolated float64) {
	if m.n == 0 {
		return math.NaN(), math.NaN()
	}
	ranked := m.ranked
	if m.exact {
		descending := m.tail.descending()
		ranked = func(k int64) float64 { return m.nth(descending, k) }
	}
	rank, part := position(m.attainment, m.n)
	interpolated = ranked(rank)
	if part > 0 && !math.IsInf(interpolated, 1) {
		interpolated += part * (ranked(rank+1) - interpolated)
	}
	return ranked(m.attainment.Of(m.n) - 1), interpolated
}

// nth returns the least target with k lower ones before it.
func (m *fluidRate) nth(descending []time.Duration, k int64) float64 {
	i := m.n - 1 - k
	if i >= int64(len(descending)) {
		panic(fmt.Sprintf("metrics: %d requests where fewer were promised: %d targets kept", m.n, len(descending)))
	}
	if descending[i] == never {
		return math.Inf(1)
	}
	return float64(descending[i])
}

func (m *fluidRate) ranked(k int64) float64 {
	if k >= m.histogram.Count() {
		return math.Inf(1)
	}
	return float64(m.histogram.ranked(k))
}

func finiteMillis(ns float64) any {
	if math.IsNaN(ns) || math.IsInf(ns, 0) {
		return nil
	}
	return ns / 1e6
}

// Warnings implements Warner.
func (m *fluidRate) Warnings() []string {
	if m.exact {
		return nil
	}
	return []string{"the fluid token generation rate is from a histogram, within 0.5 %, since the number of requests was not known beforehand"}
}
