package sim

import "time"

// A status tells whether a replica, with all its lanes, takes requests.
type status struct {
	tier  *tier
	place int       // in the tier
	lacks cause     // why it takes none; 0 if it does
	slow  []float64 // factors of its iteration times, of which the greatest counts

	scaled  bool // it can be provisioned anew
	crashes int  // so far
	starts  int  // likewise, after the start of the run
}

// A cause is why a replica takes no requests. There may be several.
type cause uint8

const (
	off      cause = 1 << iota // it is not provisioned
	starting                   // it is provisioned, but not ready
	draining                   // it is to be off once it is done with what it has
	broken                     // it has crashed
)

// set adds a cause, or takes it away, and lets routers and those who wait know.
func (f *feed) set(s *status, c cause, on bool, now time.Duration) {
	if on {
		s.lacks |= c
	} else {
		s.lacks &^= c
	}
	if s.tier.mark(s.place, s.lacks != 0); s.lacks == 0 {
		f.open(s.tier, now)
	}
	f.stand(s, now)
}

// mark tells routers whether a replica is down. This they know, however old the
// loads are that they see.
func (t *tier) mark(place int, down bool) {
	if t.seen != nil {
		t.seen[place].Down = down
		if t.follower != nil {
			t.follower.Changed(t.seen, place)
		}
	}
	l := &t.loads[place]
	if l.Down == down {
		return
	}
	l.Down = down
	t.changed(place)
	if down {
		t.up--
	} else {
		t.up++
	}
}
