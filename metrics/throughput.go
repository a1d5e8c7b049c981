package metrics

import "time"

func init() {
	Register("throughput", "finished requests and their output tokens per second, also per GPU", func(o Options) Metric {
		return &throughput{pools: o.Pools}
	})
}

// throughput counts what finished requests got, warmup included, from the first
// arrival to the last finish.
type throughput struct {
	pools []Pool
	provisioned
	span             span
	finished         int64
	prompts, outputs int64 // tokens
}

// Finished implements RequestObserver.
func (m *throughput) Finished(c *Completion, s *Score) {
	m.span.add(c)
	if s.Served {
		m.finished++
		m.prompts += int64(c.Request.PromptTokens)
		m.outputs += int64(c.Tokens())
	}
}

// Merge implements Metric.
func (m *throughput) Merge(o Metric) {
	t := o.(*throughput)
	m.span.merge(t.span)
	m.provisioned.merge(&t.provisioned)
	m.finished += t.finished
	m.prompts += t.prompts
	m.outputs += t.outputs
}

// Rows implements Metric.
func (m *throughput) Rows() []Row {
	rows := []Row{
		{"throughput", "duration_s", "", m.span.seconds()},
		{"throughput", "requests_per_s", "", m.span.rate(float64(m.finished))},
		{"throughput", "output_tokens_per_s", "", m.span.rate(float64(m.outputs))},
		{"throughput", "total_tokens_per_s", "", m.span.rate(float64(m.prompts + m.outputs))},
		{"throughput", "prompt_tokens", "", m.prompts},
		{"throughput", "output_tokens", "", m.outputs},
	}
	if g := m.gpus(); g > 0 {
		rows = append(rows,
			Row{"throughput", "requests_per_s_per_gpu", "", m.span.rate(float64(m.finished) / g)},
			Row{"throughput", "output_tokens_per_s_per_gpu", "", m.span.rate(float64(m.outputs) / g)})
	}
	return rows
}

// gpus returns how many were provisioned in the mean.
func (m *throughput) gpus() (n float64) {
	for i, p := range m.pools {
		n += float64(p.GPUs) * m.share(m.span, i, p)
	}
	return n
}

// A span is the time from the first arrival of a run to its last finish.
type span struct {
	seen        bool
	first, last time.Duration
}

func (s *span) add(c *Completion) {
	o := span{true, c.Request.Arrival, c.Request.Arrival}
	if c.Outcome == Finished {
		o.last = c.Finish
	}
	s.merge(o)
}

func (s *span) merge(o span) {
	if !s.seen {
		*s = o
	}
	if o.seen {
		s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	}
}

func (s *span) seconds() float64 { return seconds(s.last - s.first) }

// rate returns how much of v there was per second, nil for a run of no duration.
func (s *span) rate(v float64) any {
	if s.last > s.first {
		return v / s.seconds()
	}
	return nil
}
