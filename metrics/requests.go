package metrics

func init() {
	Register("requests", "requests by outcome and cause, preemptions and retries", func(Options) Metric { return new(requests) })
}

// requests counts how requests ended, warmup included.
type requests struct {
	outcomes    [Shed + 1]int64
	causes      [Shed + 1][Crash + 1]int64 // of each outcome
	preemptions int64
	retries     int64 // after crashes
}

// Finished implements RequestObserver.
func (m *requests) Finished(c *Completion, _ *Score) {
	m.outcomes[c.Outcome]++
	m.causes[c.Outcome][c.Cause]++
	m.preemptions += int64(c.Preemptions)
	m.retries += int64(c.Retries)
}

// Merge implements Metric.
func (m *requests) Merge(o Metric) {
	for i, n := range o.(*requests).outcomes {
		m.outcomes[i] += n
		for cause, n := range o.(*requests).causes[i] {
			m.causes[i][cause] += n
		}
	}
	m.preemptions += o.(*requests).preemptions
	m.retries += o.(*requests).retries
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
	rows = append(rows, Row{"requests", "preemptions", "", m.preemptions})
	if m.retries > 0 {
		rows = append(rows, Row{"requests", "retries", "", m.retries})
	}
	return append(rows, m.why()...)
}

// why tells how many requests did not finish for what cause.
func (m *requests) why() (rows []Row) {
	for i, causes := range m.causes {
		for cause, n := range causes {
			if n > 0 && Cause(cause) != NoCause {
				rows = append(rows, Row{"requests", Outcome(i).String() + "_by", Cause(cause).String(), n})
			}
		}
	}
	return rows
}
