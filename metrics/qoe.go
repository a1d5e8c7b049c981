package metrics

import (
	"math/bits"
	"time"
)

func init() {
	Register("qoe", "quality of experience of Andes: how far a reader fell behind the ideal reply", func(o Options) Metric {
		return &qoe{warmup: o.Warmup}
	})
}

// qoe is the quality of experience of Andes (arXiv 2404.16283, version 2):
// 1 − S_delay/S_whole, where a reader digests at most one token per D_d, S_delay
// sums how late each token is digested, and S_whole how long after each ideal
// time the last one is. The ideal reply has its first token at its deadline.
type qoe struct {
	warmup time.Duration
	n      int64
	sum    Sum // units
	good   int64
}

// enough is the quality that the paper asks for.
var enough = Ratio{95, 100}

// Finished implements RequestObserver.
func (m *qoe) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.warmup {
		return
	}
	m.n++
	if !s.Served {
		return
	}
	q := m.of(int64(c.Tokens()), s)
	m.sum.Add(q, 1)
	if enough.Holds(q, unit) {
		m.good++
	}
}

// of returns the quality of a reply of n tokens in units. The last token is
// Behind its ideal time, and token i is ideal (n−1−i)·D_d before the last.
func (m *qoe) of(n int64, s *Score) int64 {
	if s.BehindSum == 0 {
		return unit
	}
	hi, lo := bits.Mul64(uint64(s.slo.TBT), uint64(n*(n-1)/2))
	whole := Sum{hi, lo}
	whole.Add(int64(s.Behind), n)
	return unit - int64(float64(s.BehindSum)/whole.Float()*unit)
}

// Merge implements Metric.
func (m *qoe) Merge(o Metric) {
	q := o.(*qoe)
	m.n += q.n
	m.sum.Merge(q.sum)
	m.good += q.good
}

// Rows implements Metric.
func (m *qoe) Rows() []Row {
	var mean, attainment any
	if m.n > 0 {
		mean = m.sum.Float() / unit / float64(m.n)
		attainment = float64(m.good) / float64(m.n)
	}
	return []Row{
		{"qoe", "mean", "", mean},
		{"qoe", "attainment_95", "", attainment},
	}
}
