package study

import (
	"fmt"

	"metronome/metrics"
)

// rejections is a metric that warns of requests that could never be served, and
// tells why of the first.
type rejections struct {
	n      int
	first  int // the least number of a request
	reason string
}

// Finished implements metrics.RequestObserver.
func (m *rejections) Finished(c *metrics.Completion, _ *metrics.Score) {
	if c.Outcome != metrics.Rejected {
		return
	}
	m.add(rejections{1, c.Request.ID, c.Reason})
}

// Merge implements metrics.Metric.
func (m *rejections) Merge(o metrics.Metric) {
	m.add(*o.(*rejections))
}

func (m *rejections) add(r rejections) {
	if r.n > 0 && (m.n == 0 || r.first < m.first) {
		m.first, m.reason = r.first, r.reason
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
	return []string{fmt.Sprintf("%d requests were rejected, the first being request %d: %s", m.n, m.first, m.reason)}
}
