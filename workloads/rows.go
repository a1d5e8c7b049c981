package workloads

import (
	"math/rand/v2"
	"time"
)

// A cursor yields rows that are held in memory.
type cursor struct{ rows []row }

func (c *cursor) next(r *row) bool {
	if len(c.rows) == 0 {
		return false
	}
	*r, c.rows = c.rows[0], c.rows[1:]
	return true
}

// windowed yields the rows of a file within two times.
type windowed struct {
	*reader
	from, before time.Duration
}

func (w *windowed) next(r *row) bool {
	for w.reader.next(r) {
		if r.at >= w.before {
			w.reader.stop()
			return false
		}
		if r.at >= w.from {
			return true
		}
	}
	return false
}

// resampled yields rows for ever: the times in order, starting over after the
// last, with lengths of rows drawn with replacement.
type resampled struct {
	rows   []row
	period time.Duration // from the first time to that of the row after the last
	random *rand.Rand
	drawn  int
	shift  time.Duration
}

func (s *resampled) next(r *row) bool {
	at := s.rows[s.drawn].at + s.shift
	*r = s.rows[s.random.IntN(len(s.rows))]
	r.at = at
	if s.drawn++; s.drawn == len(s.rows) {
		s.drawn = 0
		s.shift += s.period
	}
	return true
}

// An extent tells how many rows there are and when they were recorded.
type extent struct {
	rows        int
	first, last time.Duration
}

// meanGap returns the mean time between rows, in seconds.
func (e extent) meanGap() float64 {
	return (e.last - e.first).Seconds() / float64(max(1, e.rows-1))
}

// period returns the time until a next row, a mean gap after the last.
func (e extent) period() time.Duration {
	return e.last - e.first + time.Duration(e.meanGap()*float64(time.Second))
}
