package metrics

import "slices"

// An Etalon is a metric that reports what Etalon's code makes of the same
// replies. It keeps every token gap, is not registered, and is added to a Set
// where it is asked for.
type Etalon struct {
	slo     SLO
	replies []reply
}

// A reply is what Etalon records of a request, in seconds.
type reply struct {
	id    int
	first float64 // the deadline of the first token after arrival
	gaps  []float64
	skip  bool // the first token has no deadline
}

// NewEtalon returns an Etalon for a service level.
func NewEtalon(slo SLO) *Etalon { return &Etalon{slo: slo} }

// Finished implements RequestObserver. Replies that were not finished count with
// the tokens they have: without any they miss nothing, as in Etalon.
func (m *Etalon) Finished(c *Completion, _ *Score) {
	r := reply{id: c.Request.ID, skip: c.Deadline == 0}
	r.first = seconds(c.Deadline - c.Request.Arrival)
	last := c.Request.Arrival
	for i := range c.Tokens() {
		r.gaps = append(r.gaps, seconds(c.Token(i)-last))
		last = c.Token(i)
	}
	m.replies = append(m.replies, r)
}

// Merge implements Metric.
func (m *Etalon) Merge(o Metric) {
	m.replies = append(m.replies, o.(*Etalon).replies...)
}

// Rows implements Metric.
func (m *Etalon) Rows() []Row {
	slices.SortStableFunc(m.replies, func(a, b reply) int { return a.id - b.id })
	target := seconds(m.slo.TBT)
	f := m.slo.Fluidity
	tolerated := Ratio{f.Den - f.Num, f.Den}.Float()
	var missed, total float64
	var rates, leasts, tpots, gaps []float64
	for _, r := range m.replies {
		k, n := EtalonMisses(r.gaps, r.first, target, r.skip)
		missed += k
		total += n
		rates = append(rates, EtalonMissRate(r.gaps, r.first, target, r.skip))
		decode := r.gaps[min(1, len(r.gaps)):]
		gaps = append(gaps, decode...)
		tpots = append(tpots, tpotOf(decode))
		leasts = append(leasts, EtalonLeastTarget(append([]float64{0}, decode...), 0, tolerated, true))
	}
	return []Row{
		{"etalon", "missed", "", missed},
		{"etalon", "deadlines", "", total},
		{"etalon", "miss_rate", "", missed / total},
		{"etalon", "miss_rate_p99", "", quantile(rates, 0.99)},
		{"etalon", "token_rate_per_s", "", 1 / quantile(leasts, 0.99)},
		{"etalon", "tpot_rate_per_s", "", 1 / mean(tpots)},
		{"etalon", "tail_tbt_rate_per_s", "", 1 / quantile(gaps, 0.99)},
	}
}

// tpotOf is the mean gap, 0 if there is none.
func tpotOf(gaps []float64) float64 {
	if len(gaps) == 0 {
		return 0
	}
	return mean(gaps)
}
