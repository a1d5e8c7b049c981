package twin

import (
	"sync/atomic"

	"metronome/metrics"
)

// A stream is a request as its handler sees it: how many tokens there are by now. The
// cluster never waits for it; what a slow client has not read comes in one go.
type stream struct {
	id     int
	tokens atomic.Int64
	over   atomic.Bool
	wake   chan struct{}

	outcome metrics.Outcome // once it is over
	reason  string
}

// advance tells that there are tokens.
func (t *stream) advance(tokens int) {
	if int64(tokens) > t.tokens.Load() {
		t.tokens.Store(int64(tokens))
		t.signal()
	}
}

// end tells how the request ended.
func (t *stream) end(c *metrics.Completion) {
	t.tokens.Store(int64(c.Tokens()))
	t.outcome, t.reason = c.Outcome, c.Reason
	t.over.Store(true)
	t.signal()
}

func (t *stream) signal() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
