package metrics

import (
	"time"

	"metronome/hardware"
)

func init() {
	Register("energy", "joules per output token and request, mean and peak power, estimated from the power profile",
		func(o Options) Metric { return newEnergy(o) })
}

func newEnergy(o Options) *energy {
	m := &energy{pools: make([]poolEnergy, len(o.Pools))}
	for i, p := range o.Pools {
		m.pools[i].power, m.pools[i].replicas = p.Power, p.Replicas
	}
	return m
}

// A PowerModel tells the microjoules that a replica takes.
type PowerModel interface {
	Iteration(*hardware.Shape, time.Duration) int64 // of the shape, lasting so long
	Idle(time.Duration) int64                       // without work
}

// energy adds what iterations take beyond idling to what all provisioned replicas take
// idle from the first arrival to the last finish. So lanes that share the GPUs of a
// replica do not count its idling twice.
type energy struct {
	pools []poolEnergy
	provisioned

	span     span
	peak     float64
	finished int64
	outputs  int64 // tokens
}

type poolEnergy struct {
	power    PowerModel // nil if it is not known
	replicas int
	active   Sum // microjoules of iterations beyond idling
}

// Iteration implements IterationObserver.
func (m *energy) Iteration(it *Iteration) {
	if it.Pool >= len(m.pools) || m.pools[it.Pool].power == nil {
		return
	}
	p, d := &m.pools[it.Pool], it.End-it.Start
	all, idle := p.power.Iteration(&it.Shape, d), p.power.Idle(d)
	p.active.Add(max(0, all-idle), 1)
	if watts := 1e3 * float64(all) / float64(d); watts > m.peak {
		m.peak = watts
	}
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
	m.provisioned.merge(&e.provisioned)
	for i := range m.pools {
		m.pools[i].active.Merge(e.pools[i].active)
	}
	m.peak = max(m.peak, e.peak)
	m.finished += e.finished
	m.outputs += e.outputs
}

// Rows implements Metric.
func (m *energy) Rows() []Row {
	var total, peak, mean any
	if joules, known := m.joules(); known {
		total, peak, mean = joules, m.peak, m.span.rate(joules)
	}
	return []Row{
		{"energy", "joules_per_output_token", "", per(total, m.outputs)},
		{"energy", "joules_per_request", "", per(total, m.finished)},
		{"energy", "mean_power_w", "", mean},
		{"energy", "peak_power_w", "", peak},
	}
}

// joules returns what all pools took, if that of all is known.
func (m *energy) joules() (total float64, known bool) {
	for i, p := range m.pools {
		if p.power == nil {
			return 0, false
		}
		total += m.joulesOf(i)
	}
	return total, len(m.pools) > 0
}

// joulesOf returns what a pool took whose power is known.
func (m *energy) joulesOf(pool int) float64 {
	p := &m.pools[pool]
	idle := m.mean(m.span, pool, p.replicas) * float64(p.power.Idle(m.span.last-m.span.first))
	return p.active.Float()/1e6 + idle/1e6
}

// per returns a total by count, nil if there is no total or nothing to count.
func per(total any, count int64) any {
	if total == nil || count == 0 {
		return nil
	}
	return total.(float64) / float64(count)
}
