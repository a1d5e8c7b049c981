package sim

import (
	"slices"
	"time"

	"metronome/metrics"
)

// word tells the gravest of several causes; "" if there is none.
func (c cause) word() string {
	switch {
	case c&broken != 0:
		return "crashed"
	case c&off != 0:
		return "off"
	case c&starting != 0:
		return "starting"
	case c&draining != 0:
		return "draining"
	}
	return ""
}

// stand reports how a replica is from now on.
func (f *feed) stand(s *status, now time.Duration) {
	if f.standings == nil {
		return
	}
	x := metrics.Standing{Replica: s.tier.lanes[s.place][0].iteration.Replica, At: now, Down: s.lacks.word(), Slow: 1}
	if len(s.slow) > 0 {
		x.Slow = slices.Max(s.slow)
	}
	f.standings.Standing(&x)
}
