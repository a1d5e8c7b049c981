package workloads

import (
	"math/rand/v2"
	"slices"
	"time"
)

// spread moves rows that were recorded at the same time apart: by times drawn
// evenly from a tick, in order. Traces whose clock is coarse bunch arrivals that
// came one by one.
type spread struct {
	rows   rows
	tick   time.Duration
	random *rand.Rand

	bunch []row // recorded at one time, moved
	ahead row   // the first row after them
	more  bool
	begun bool
}

func (s *spread) next(r *row) bool {
	if !s.begun {
		s.more, s.begun = s.rows.next(&s.ahead), true
	}
	if len(s.bunch) == 0 && !s.gather() {
		return false
	}
	*r, s.bunch = s.bunch[0], s.bunch[1:]
	return true
}

// gather collects the next bunch and moves its rows.
func (s *spread) gather() bool {
	var later []time.Duration
	for at := s.ahead.at; s.more && s.ahead.at == at; s.more = s.rows.next(&s.ahead) {
		s.bunch = append(s.bunch, s.ahead)
		later = append(later, time.Duration(s.random.Int64N(int64(s.tick))))
	}
	slices.Sort(later)
	for i := range s.bunch {
		s.bunch[i].at += later[i]
	}
	return len(s.bunch) > 0
}

func (s *spread) err() error { return failing(s.rows) }
