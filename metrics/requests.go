package metrics

func init() {
	Register("requests", "requests by outcome, and preemptions", func(Options) Metric { return new(requests) })
}

// requests counts how requests ended, warmup included.
type requests struct {
	outcomes    [Shed + 1]int64
	preemptions int64
}

// Finished implements RequestObserver.
func (m *requests) Finished(c *Completion, _ *Score) {
	m.outcomes[c.Outcome]++
	m.preemptions += int64(c.Preemptions)
}

// Merge implements Metric.
func (m *requests) Merge(o Metric) {
	for i, n := range o.(*requests).outcomes {
		m.outcomes[i] += n
	}
	m.preemptions += o.(*requests).preemptions
}

// Rows implements Metric.
func (m *requests) Rows() []Row {
	arrived := int64(0)
	for _, n := range m.outcomes {
		arrived += n
	}
	rows := []Row{{"requests", "arrived", "", arrived}}
	for i, n := range m.outcomes {
		rows = append(rows, Row{"requests", Outcome(i).String(), "", n})
	}
	return append(rows, Row{"requests", "preemptions", "", m.preemptions})
}
