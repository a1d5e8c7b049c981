package metrics

import "time"

func init() {
	Register("batch", "iterations: how many, how large, how long, and who waited", func(Options) Metric { return new(batch) })
}

// batch describes the iterations of a run. Means are over iterations, those of
// running and waiting sequences over the time that iterations took.
type batch struct {
	n                int64
	busy             Sum // ns
	decodes, prefill int64
	chunks           int64
	running, waiting Sum // sequence-nanoseconds

	peakRunning, peakWaiting int
	longest                  time.Duration
}

// Iteration implements IterationObserver.
func (m *batch) Iteration(it *Iteration) {
	d := it.End - it.Start
	m.n++
	m.busy.Add(int64(d), 1)
	m.decodes += int64(it.Shape.Decodes)
	m.prefill += int64(it.Shape.PrefillTokens)
	m.chunks += int64(it.Shape.Prefills)
	m.running.Add(int64(d), int64(it.Running))
	m.waiting.Add(int64(d), int64(it.Waiting))
	m.peakRunning = max(m.peakRunning, it.Running)
	m.peakWaiting = max(m.peakWaiting, it.Waiting)
	m.longest = max(m.longest, d)
}

// Merge implements Metric.
func (m *batch) Merge(o Metric) {
	b := o.(*batch)
	m.n += b.n
	m.busy.Merge(b.busy)
	m.decodes += b.decodes
	m.prefill += b.prefill
	m.chunks += b.chunks
	m.running.Merge(b.running)
	m.waiting.Merge(b.waiting)
	m.peakRunning = max(m.peakRunning, b.peakRunning)
	m.peakWaiting = max(m.peakWaiting, b.peakWaiting)
	m.longest = max(m.longest, b.longest)
}

// Rows implements Metric.
func (m *batch) Rows() []Row {
	rows := []Row{{"batch", "iterations", "", m.n}}
	if m.n == 0 {
		return rows
	}
	n, busy := float64(m.n), m.busy.Float()
	return append(rows, []Row{
		{"batch", "iteration_ms", "mean", busy / 1e6 / n},
		{"batch", "iteration_ms", "max", ms(m.longest)},
		{"batch", "sequences", "mean", float64(m.decodes+m.chunks) / n},
		{"batch", "decodes", "mean", float64(m.decodes) / n},
		{"batch", "tokens", "mean", float64(m.decodes+m.prefill) / n},
		{"batch", "running", "mean", m.running.Float() / busy},
		{"batch", "running", "max", int64(m.peakRunning)},
		{"batch", "waiting", "mean", m.waiting.Float() / busy},
		{"batch", "waiting", "max", int64(m.peakWaiting)},
		{"batch", "busy_s", "", busy / 1e9},
	}...)
}
