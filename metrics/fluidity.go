package metrics

import (
	"fmt"
	"time"
)

func init() {
	Register("fluidity", "fluidity-index in its three readings, and what was missed",
		newFluidity)
}

func newFluidity(o Options) Metric {
	m := &fluidity{slo: o.SLO, warmup: o.Warmup, held: make([]held, 1+len(o.Tenants))}
	m.held[0].attainment = o.SLO.Attainment
	for i, t := range o.Tenants {
		m.held[1+i].attainment = t.SLO.Attainment
	}
	return m
}

// fluidity pools the fluidity-index over requests. Requests that were not
// served score 0.
type fluidity struct {
	slo    SLO
	warmup time.Duration

	n, unserved int64
	readings    [len(readings)]pool
	shares      shares // of the reading that is asked for

	deadlines, met, missed, firstMissed int64
	longest                             time.Duration
	slackUsed                           Sum // ns
	chunked                             int64

	held []held // of those without an SLO of their own, and of each announced tenant
}

// held is how the requests of one SLO kept its threshold.
type held struct {
	attainment  Ratio // that is asked for
	n, attained int64
}

// A pool is one reading over requests.
type pool struct {
	sum      Sum   // units
	attained int64 // requests at or above the threshold
}

// Finished implements RequestObserver.
func (m *fluidity) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.warmup {
		return
	}
	m.n++
	h := &m.held[s.tenant]
	h.n++
	if s.slo.Fluidity.Holds(s.Fluidity(s.slo.Index)) {
		h.attained++
	}
	for i := range m.readings {
		m.read(i, s)
	}
	if !s.Served {
		m.unserved++
		return
	}
	m.deadlines += s.Deadlines
	m.met += s.Deadlines - s.Late
	m.missed += s.Missed
	m.firstMissed += s.FirstMissed
	m.longest = max(m.longest, c.LongestGap)
	m.slackUsed.Add(int64(s.SlackUsed), 1)
	if s.LateAbsolute > s.Late && gained(s) && chunked(c) {
		m.chunked++
	}
}

func (m *fluidity) read(i int, s *Score) {
	met, total := s.Fluidity(Reading(readings[i]))
	index := share(met, total)
	m.readings[i].sum.Add(index, 1)
	if s.slo.Fluidity.Holds(met, total) {
		m.readings[i].attained++
	}
	if readings[i] == string(m.slo.Index) {
		m.shares.record(index)
	}
}

// gained reports whether the reset reading is a tenth above the one without.
func gained(s *Score) bool {
	met, total := s.Fluidity(Reset)
	return share(met, total)-share(s.Fluidity(NoReset)) >= unit/10
}

// chunked reports whether at least half of the tokens came together with the
// one before.
func chunked(c *Completion) bool {
	together := 0
	for i := 1; i < c.Tokens(); i++ {
		if c.Token(i) == c.Token(i-1) {
			together++
		}
	}
	return together > 0 && 2*together >= c.Tokens()-1
}

// Merge implements Metric.
func (m *fluidity) Merge(o Metric) {
	f := o.(*fluidity)
	m.n += f.n
	m.unserved += f.unserved
	for i := range m.readings {
		m.readings[i].sum.Merge(f.readings[i].sum)
		m.readings[i].attained += f.readings[i].attained
	}
	for i, h := range f.held {
		m.held[i].n += h.n
		m.held[i].attained += h.attained
	}
	m.shares.merge(&f.shares)
	m.deadlines += f.deadlines
	m.met += f.met
	m.missed += f.missed
	m.firstMissed += f.firstMissed
	m.longest = max(m.longest, f.longest)
	m.slackUsed.Merge(f.slackUsed)
	m.chunked += f.chunked
}

// Rows implements Metric.
func (m *fluidity) Rows() []Row {
	var mean, attainment [len(readings)]any
	asked := 0
	for i, p := range m.readings {
		if readings[i] == string(m.slo.Index) {
			asked = i
		}
		if m.n > 0 {
			mean[i] = p.sum.Float() / unit / float64(m.n)
			attainment[i] = float64(p.attained) / float64(m.n)
		}
	}
	rows := []Row{
		{"fluidity", "index", "", string(m.slo.Index)},
		{"fluidity", "mean", "", mean[asked]},
		{"fluidity", "attainment", "", attainment[asked]},
		{"fluidity", "p1", "", m.shares.percentile(Ratio{1, 100})},
		{"fluidity", "scored", "", m.n},
		{"fluidity", "attained", "", m.readings[asked].attained},
		{"fluidity", "unserved", "", m.unserved},
	}
	for i, name := range [...]string{"reset", "per_token", "no_reset"} {
		rows = append(rows,
			Row{"fluidity", name + "_mean", "", mean[i]},
			Row{"fluidity", name + "_attainment", "", attainment[i]})
	}
	rows = append(rows, Row{"slo", "holds", "", m.holds()})
	return append(rows, m.missRows()...)
}

// holds reports whether every SLO holds for those that are held to it, nil of none.
func (m *fluidity) holds() any {
	if m.n == 0 {
		return nil
	}
	for _, h := range m.held {
		if !h.attainment.Holds(h.attained, h.n) {
			return false
		}
	}
	return true
}

// missRows tells of served requests how they missed.
func (m *fluidity) missRows() []Row {
	served := float64(m.n - m.unserved)
	return []Row{
		{"fluidity", "deadlines", "", m.deadlines},
		{"fluidity", "fluid_tokens", "", m.met},
		{"fluidity", "missed_first_token", "", m.firstMissed},
		{"fluidity", "missed_decode", "", m.missed - m.firstMissed},
		{"fluidity", "longest_stall_ms", "", ms(m.longest)},
		{"fluidity", "slack_used_ms", "mean", m.slackUsed.Float() / 1e6 / served},
	}
}

// Warnings implements Warner.
func (m *fluidity) Warnings() []string {
	if m.chunked*100 < m.n || m.chunked == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d replies came in chunks and score higher in the reset reading for it, "+
		"since a late chunk restarts the deadlines; compare by no-reset", m.chunked, m.n)}
}
