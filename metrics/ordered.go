package metrics

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"sync"
)

// ordered writes one line per request in order of their numbers, though they
// come in another: a line waits until those before it are there. It holds the
// lines of requests that finished before an older one, and the first error.
// Several goroutines may put lines.
type ordered struct {
	lock    sync.Mutex
	w       *bufio.Writer
	next    int
	pending map[int][]byte
	spare   [][]byte // lines that were pending, to be used again
	err     error
}

func newOrdered(w io.Writer) *ordered {
	return &ordered{w: bufio.NewWriterSize(w, 1<<16), pending: map[int][]byte{}}
}

// put writes a line, which the caller may use again.
func (o *ordered) put(id int, line []byte) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if id != o.next {
		o.keep(id, line)
		return
	}
	o.write(line)
	for o.next++; ; o.next++ {
		line, ok := o.pending[o.next]
		if !ok {
			return
		}
		delete(o.pending, o.next)
		o.write(line)
		o.spare = append(o.spare, line)
	}
}

// keep holds a copy of a line.
func (o *ordered) keep(id int, line []byte) {
	var free []byte
	if last := len(o.spare) - 1; last >= 0 {
		free, o.spare = o.spare[last][:0], o.spare[:last]
	}
	o.pending[id] = append(free, line...)
}

func (o *ordered) write(line []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(line)
	}
}

// close writes what still waits, which is so after an interrupted run.
func (o *ordered) close() error {
	for _, id := range slices.Sorted(maps.Keys(o.pending)) {
		o.write(o.pending[id])
	}
	clear(o.pending)
	if o.err == nil {
		o.err = o.w.Flush()
	}
	return o.err
}
