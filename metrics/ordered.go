package metrics

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"slices"
)

// ordered writes one line per request in order of their numbers, though they
// come in another: a line waits until those before it are there. It holds the
// lines of requests that finished before an older one, and the first error.
type ordered struct {
	w       *bufio.Writer
	next    int
	pending map[int][]byte
	err     error
}

func newOrdered(w io.Writer) *ordered {
	return &ordered{w: bufio.NewWriterSize(w, 1<<16), pending: map[int][]byte{}}
}

// put writes a line, which the caller may use again.
func (o *ordered) put(id int, line []byte) {
	if id != o.next {
		o.pending[id] = bytes.Clone(line)
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
	}
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
