package sim

import "time"

// A scaler turns the replicas of a pool on and off.
type scaler struct {
	Scaling
	feed     *feed
	replicas []*Replica // the first lane of each
	slots    int        // of each

	calm bool          // fewer replicas have done since
	from time.Duration // then
	most int           // replicas that were asked for since then
}

// begin turns off all but the first replicas.
func (s *scaler) begin() {
	for i, r := range s.replicas {
		r.status.scaled = true
		if i >= s.Start {
			s.feed.set(r.status, off, true, 0)
		}
	}
	s.feed.fleet(s.replicas[0], s.Start, 0)
	s.feed.agenda.add(s.Interval, s.look)
}

// look turns replicas on or off as the load asks for.
func (s *scaler) look(now time.Duration) {
	d := s.demand()
	have := d.Replicas
	want := min(max(s.Rule.Replicas(d), s.Min), len(s.replicas))
	if want >= have {
		s.calm = false
	} else if !s.calm {
		s.calm, s.from, s.most = true, now, want
	}
	s.most = max(s.most, want)
	switch {
	case want > have:
		s.grow(want-have, now)
	case s.calm && now-s.from >= s.DownAfter:
		s.shrink(have-s.most, now)
		s.calm = false
	}
	s.feed.agenda.add(now+s.Interval, s.look)
}

func (s *scaler) demand() Demand {
	first := s.replicas[0]
	d := Demand{Slots: s.slots, Blocks: first.load.Blocks, Waiting: len(first.status.tier.door)}
	for _, r := range s.replicas {
		if r.status.lacks == 0 || r.status.lacks == starting {
			d.Replicas++
			d.Waiting += r.load.Waiting
			d.Running += r.load.Running
			d.UsedBlocks += r.load.UsedBlocks
		}
	}
	return d
}

// grow turns n more replicas on: those that drain, then those that are off.
func (s *scaler) grow(n int, now time.Duration) {
	for _, r := range s.replicas {
		if n > 0 && r.status.lacks == draining {
			s.feed.set(r.status, draining, false, now)
			n--
		}
	}
	for _, r := range s.replicas {
		if n > 0 && r.status.lacks == off {
			s.turnOn(r, now)
			n--
		}
	}
}

func (s *scaler) turnOn(r *Replica, now time.Duration) {
	s.feed.fleet(r, 1, now)
	r.status.lacks = starting
	s.feed.stand(r.status, now)
	r.status.starts++
	start := r.status.starts
	s.feed.agenda.add(now+s.Delay, func(now time.Duration) {
		if r.status.lacks == starting && r.status.starts == start {
			s.feed.set(r.status, starting, false, now)
		}
	})
}

// shrink turns n replicas off: those that are not ready yet, the last first, then
// those with the fewest sequences, which are drained.
func (s *scaler) shrink(n int, now time.Duration) {
	for range n {
		r := s.spare()
		if r.status.lacks == starting {
			s.feed.turnOff(r, now)
		} else {
			s.feed.set(r.status, draining, true, now)
			s.feed.emptied(r, now)
		}
	}
}

// spare returns the replica to turn off next.
func (s *scaler) spare() (least *Replica) {
	for _, r := range s.replicas {
		switch r.status.lacks {
		case starting:
			least = r
		case 0:
			if least == nil || least.status.lacks == 0 && r.load.Sequences() <= least.load.Sequences() {
				least = r
			}
		}
	}
	return least
}

// emptied turns a replica that drains off, if it holds nothing any more.
func (f *feed) emptied(r *Replica, now time.Duration) {
	if r.status.lacks&draining == 0 || r.batch.UsedBlocks() > 0 {
		return
	}
	for _, lane := range r.lanes {
		if len(lane.present) > 0 {
			return
		}
	}
	restart(r.lanes)
	f.turnOff(r, now)
}

// turnOff takes a replica, which is empty, out of the fleet.
func (f *feed) turnOff(r *Replica, now time.Duration) {
	r.status.lacks = off
	f.stand(r.status, now)
	f.fleet(r, -1, now)
}

// fleet tells who wants to know how many replicas of a pool were turned on or off.
func (f *feed) fleet(r *Replica, delta int, now time.Duration) {
	if f.fleets != nil {
		f.fleets.Fleet(now, r.iteration.Pool, delta)
	}
}
