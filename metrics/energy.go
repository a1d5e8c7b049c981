package metrics

import (
	"time"

	"metronome/hardware"
)

func init() {
	Register("energy", "joules per output token and request, mean and peak power, estimated from the power profile", func(o Options) Metric {
		return &energy{power: o.Power, replicas: int64(max(1, o.Replicas))}
	})
}

// A PowerModel tells the microjoules that a replica takes.
type PowerModel interface {
	Iteration(hardware.Shape, time.Duration) int64 // of the shape, lasting so long
	Idle(time.Duration) int64                      // without work
}

// energy adds what iterations take beyond idling to what all replicas take idle
// from the first arrival to the last finish. So lanes that share the GPUs of a
// replica do not count its idling twice.
type energy struct {
	power    PowerModel // nil if it is not known
	replicas int64

	span     span
	active   Sum // microjoules of iterations beyond idling
	peak     float64
	finished int64
	outputs  int64 // tokens
}

// Iteration implements IterationObserver.
func (m *energy) Iteration(it *Iteration) {
	if m.power == nil {
		return
	}
	d := it.End - it.Start
	all, idle := m.power.Iteration(it.Shape, d), m.power.Idle(d)
	m.active.Add(max(0, all-idle), 1)
	m.peak = max(m.peak, float64(all)/1e6/d.Seconds())
}

// Finished implements RequestObserver.
func (m *energy) Finished(c *Completion, s *Score) {
	m.span.add(c)
	if s.Served {
		m.finished++
		m.outputs += int64(c.Tokens())
	}
}

// Merge implements Metric.
func (m *energy) Merge(o Metric) {
	e := o.(*energy)
	m.span.merge(e.span)
	m.active.Merge(e.active)
	m.peak = max(m.peak, e.peak)
	m.finished += e.finished
	m.outputs += e.outputs
}

// Rows implements Metric.
func (m *energy) Rows() []Row {
	var total, peak, mean any
	if m.power != nil {
		joules := m.active.Float()/1e6 + float64(m.replicas)*float64(m.power.Idle(m.span.last-m.span.first))/1e6
		total, peak, mean = joules, m.peak, m.span.rate(joules)
	}
	return []Row{
		{"energy", "joules_per_output_token", "", per(total, m.outputs)},
		{"energy", "joules_per_request", "", per(total, m.finished)},
		{"energy", "mean_power_w", "", mean},
		{"energy", "peak_power_w", "", peak},
	}
}

// per returns a total by count, nil if there is no total or nothing to count.
func per(total any, count int64) any {
	if total == nil || count == 0 {
		return nil
	}
	return total.(float64) / float64(count)
}
