package study

import (
	"fmt"

	"metronome/metrics"
)

// rejections is a metric that warns of requests that could never be served, and
// tells why of the first.
type rejections struct {
	n     int
	first string
}

// Finished implements metrics.RequestObserver.
func (m *rejections) Finished(c *metrics.Completion, _ *metrics.Score) {
	if c.Outcome != metrics.Rejected {
		return
	}
	if m.n == 0 {
		m.first = fmt.Sprintf("request %d: %s", c.Request.ID, c.Reason)
	}
	m.n++
}

// Merge implements metrics.Metric.
func (m *rejections) Merge(o metrics.Metric) {
	r := o.(*rejections)
	if m.n == 0 {
		m.first = r.first
	}
	m.n += r.n
}

// Rows implements metrics.Metric. The count is a registered one.
func (m *rejections) Rows() []metrics.Row { return nil }

// Warnings implements metrics.Warner.
func (m *rejections) Warnings() []string {
	if m.n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d requests were rejected, the first being %s", m.n, m.first)}
}
