package live

import (
	"bufio"
	"bytes"
	"errors"
	"io"
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
	clock    func() time.Duration
	most     int           // bytes that it may hold
	budget   *atomic.Int64 // bytes that all streams together may still hold; may be nil
	data     []byte
	arrivals []arrival
	done     bool // [DONE] was read
	held     int  // bytes taken from the budget
}

// longestEventLine bounds a line of a stream, in bytes.
const longestEventLine = 1 << 18

var (
	errLongLine   = errors.New("line too long")
	errLongStream = errors.New("stream too long")
	errBudget     = errors.New("all streams too long")
)

// read reads events until the stream ends, says [DONE], or passes a limit. The time
// of an event is that of its last line of data, not of the empty line that ends it.
func (s *stream) read(r io.Reader) error {
	lines := bufio.NewReaderSize(r, 4096)
	open, event := false, arrival{}
	for {
		line, err := s.line(lines)
		at := s.clock()
		if err != nil && err != io.EOF {
			return err // what it has cut off means nothing
		}
		field, value := splitField(line)
		switch {
		case field == "data" && !open && string(bytes.TrimSpace(value)) == "[DONE]":
			s.done = true
			return nil
		case field == "data":
			if !open {
				event.start = len(s.data)
			}
			if err := s.keep(value, open); err != nil {
				return err
			}
			open, event.at, event.end = true, at, len(s.data)
		case len(line) == 0 && open:
			s.arrivals = append(s.arrivals, event)
			open = false
		}
		if err != nil {
			if open {
				s.arrivals = append(s.arrivals, event)
			}
			return err
		}
	}
}

// keep copies a line of data, behind a line break if others of its event precede it.
func (s *stream) keep(value []byte, more bool) error {
	if len(s.data)+len(value) > s.most {
		return errLongStream
	}
	if s.budget != nil {
		s.held += len(value)
		if s.budget.Add(-int64(len(value))) < 0 {
			return errBudget
		}
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
	s.data, s.arrivals, s.held = nil, nil, 0
}

// line returns the next line without its end, valid until the next call.
func (s *stream) line(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		var long []byte
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(long) > longestEventLine {
				return nil, errLongLine
			}
			long = append(long, line...)
			line, err = r.ReadSlice('\n')
		}
		line = append(long, line...)
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// splitField returns the field of a line and its value; comments have no field.
func splitField(line []byte) (field string, value []byte) {
	name, value, found := bytes.Cut(line, []byte{':'})
	if !found && len(line) > 0 {
		return string(line), nil
	}
	return string(name), bytes.TrimPrefix(value, []byte{' '})
}
