package metrics

import "time"

func init() {
	Register("smooth-goodput", "output tokens per second less a penalty for the longest lag of each reply", func(o Options) Metric {
		return &smoothGoodput{warmup: o.Warmup}
	})
}

// smoothGoodput is the smooth goodput of arXiv 2410.14257 (version 2): the sum
// over requests of their output tokens less 2.5 for each second that the reply
// was behind its schedule at worst, per second of the run. The schedule is the
// deadlines as set at arrival. A request that was not served adds nothing; one
// that was very late takes away.
type smoothGoodput struct {
	warmup time.Duration
	span   span
	tokens int64
	behind Sum // ns
}

// penalty is what a second behind schedule takes away, in tokens.
const penalty = 2.5

// Finished implements RequestObserver.
func (m *smoothGoodput) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.warmup {
		return
	}
	m.span.add(c)
	if s.Served {
		m.tokens += int64(c.Tokens())
		m.behind.Add(int64(s.Behind), 1)
	}
}

// Merge implements Metric.
func (m *smoothGoodput) Merge(o Metric) {
	g := o.(*smoothGoodput)
	m.span.merge(g.span)
	m.tokens += g.tokens
	m.behind.Merge(g.behind)
}

// Rows implements Metric.
func (m *smoothGoodput) Rows() []Row {
	benefit := float64(m.tokens) - penalty*m.behind.Float()/1e9
	return []Row{{"smooth_goodput", "tokens_per_s", "", m.span.rate(benefit)}}
}
