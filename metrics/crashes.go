package metrics

import "time"

func init() {
	Register("crashes", "crashes of replicas, and the time that they were down for it", func(Options) Metric {
		return &crashes{down: map[int]time.Duration{}}
	})
}

// crashes counts how often replicas crashed, and how long they were down.
type crashes struct {
	count int64
	took  time.Duration         // of crashes that are repaired, or whose replicas were given back
	down  map[int]time.Duration // since when each replica is that has crashed
	span  span
}

// Standing implements StandingObserver.
func (m *crashes) Standing(s *Standing) {
	since, was := m.down[s.Replica]
	switch is := s.Down == "crashed"; {
	case is && !was:
		m.count++
		m.down[s.Replica] = s.At
	case was && !is:
		m.took += s.At - since
		delete(m.down, s.Replica)
	}
}

// Finished implements RequestObserver.
func (m *crashes) Finished(c *Completion, _ *Score) { m.span.add(c) }

// Merge implements Metric. A cluster whose replicas crash is in one engine.
func (m *crashes) Merge(o Metric) {
	x := o.(*crashes)
	m.count += x.count
	m.took += x.took
	for replica, since := range x.down {
		m.down[replica] = since
	}
	m.span.merge(x.span)
}

// Rows implements Metric.
func (m *crashes) Rows() []Row {
	if m.count == 0 {
		return nil
	}
	took := m.took
	for _, since := range m.down {
		took += max(0, m.span.last-since)
	}
	return []Row{
		{"fleet", "crashes", "", m.count},
		{"fleet", "crashed_hours", "", took.Hours()},
	}
}
