package live

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// An arrival is an event of a stream as it was read: when its last line came, and
// where its data lie among those of the stream.
type arrival struct {
	at         time.Duration
	start, end int
}

// A stream collects server-sent events. It only takes times and copies bytes, so
// that many streams can be read at once; what they mean is found out later.
type stream struct {
	clock  func() time.Duration
	most   int           // bytes that it may hold
	budget *atomic.Int64 // bytes that all streams together may still hold; may be nil
	*arena               // nil once it is released, and before anything is read
	open   bool          // there are data of an event that has not ended,
	event  arrival       // this one
	done   bool          // [DONE] was read
	held   int           // bytes taken from the budget
}

// An arena is what a stream keeps: the data of its events, one after the other. Streams
// use it one after the other, so that it seldom grows.
type arena struct {
	data     []byte
	arrivals []arrival
}

var arenas = sync.Pool{New: func() any { return new(arena) }}

// largestArena is worth keeping, in bytes.
const largestArena = 1 << 18

// longestEventLine bounds a line of a stream, in bytes.
const longestEventLine = 1 << 18

var (
	errLongLine   = errors.New("line too long")
	errLongStream = errors.New("stream too long")
	errBudget     = errors.New("all streams too long")
)

// A buffer is what is read from a connection at a time, and used by one stream after
// the other.
type buffer [1 << 12]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// read reads events until the stream ends, says [DONE], or passes a limit. The time of
// an event is that at which its last line of data was read, not the empty line that ends
// it.
func (s *stream) read(r io.Reader) error {
	s.arena = arenas.Get().(*arena)
	pooled := buffers.Get().(*buffer)
	defer buffers.Put(pooled)
	block, held := pooled[:], 0 // bytes of a line that has not ended
	for {
		n, err := r.Read(block[held:])
		at := s.clock()
		rest := block[:held+n]
		for from := held; ; from = 0 {
			end := bytes.IndexByte(rest[from:], '\n')
			if end < 0 {
				break
			}
			if over := s.line(rest[:from+end], at); over != nil {
				return over
			}
			rest = rest[from+end+1:]
			if s.done {
				return nil
			}
		}
		if err != nil {
			return s.end(rest, at, err)
		}
		if held = copy(block, rest); held == len(block) {
			if held >= longestEventLine {
				return errLongLine
			}
			block = append(block, make([]byte, len(block))...)
		}
	}
}

// end ends the stream by an error, after what was read last.
func (s *stream) end(rest []byte, at time.Duration, err error) error {
	if err != io.EOF {
		return err // what it has cut off means nothing
	}
	if over := s.line(rest, at); over != nil {
		return over
	}
	if s.open {
		s.arrivals = append(s.arrivals, s.event)
	}
	return err
}

// line takes a line that was read at a time, without its line feed.
func (s *stream) line(line []byte, at time.Duration) error {
	line = bytes.TrimRight(line, "\r")
	if len(line) == 0 {
		if s.open {
			s.arrivals = append(s.arrivals, s.event)
			s.open = false
		}
		return nil
	}
	value, ok := dataOf(line)
	if !ok {
		return nil // a comment, or another field
	}
	if !s.open && string(bytes.TrimSpace(value)) == "[DONE]" {
		s.done = true
		return nil
	}
	if !s.open {
		s.event.start = len(s.data)
	}
	if err := s.keep(value, s.open); err != nil {
		return err
	}
	s.open, s.event.at, s.event.end = true, at, len(s.data)
	return nil
}

// eventBytes is what an event takes beside its data: an arrival, and a chunk once it is
// decoded.
const eventBytes = 128

// keep copies a line of data, behind a line break if others of its event precede it.
func (s *stream) keep(value []byte, more bool) error {
	size := len(value) + 1
	if !more {
		size += eventBytes
	}
	if s.held+size > s.most {
		return errLongStream
	}
	s.held += size
	if s.budget != nil && s.budget.Add(-int64(size)) < 0 {
		return errBudget
	}
	if more {
		s.data = append(s.data, '\n')
	}
	s.data = append(s.data, value...)
	return nil
}

// release gives back what the stream holds.
func (s *stream) release() {
	if s.budget != nil {
		s.budget.Add(int64(s.held))
	}
	if a := s.arena; a != nil && cap(a.data) <= largestArena {
		a.data, a.arrivals = a.data[:0], a.arrivals[:0]
		arenas.Put(a)
	}
	s.arena, s.held = nil, 0
}

// events returns the events that have come.
func (s *stream) events() []arrival {
	if s.arena == nil {
		return nil
	}
	return s.arrivals
}

// dataOf returns the value of a line of data.
func dataOf(line []byte) (value []byte, ok bool) {
	value, ok = bytes.CutPrefix(line, []byte("data"))
	if !ok || len(value) == 0 {
		return nil, ok
	}
	value, ok = bytes.CutPrefix(value, []byte{':'})
	return bytes.TrimPrefix(value, []byte{' '}), ok
}
