package study

import (
	"fmt"
	"io"
)

// An appender adds lines to a file, each whole or not at all.
type appender struct{ file appendable }

// appendable is what of a file an appender needs. Writes go to its end.
type appendable interface {
	io.WriteSeeker
	io.Closer
	Truncate(size int64) error
}

// append adds a line. If the disk is full, say, it takes back what was written of it.
func (a *appender) append(line []byte) error {
	end, err := a.file.Seek(0, io.SeekEnd)
	if err != nil {
		return readable(err)
	}
	if _, err := a.file.Write(line); err != nil {
		if e := a.file.Truncate(end); e != nil {
			return fmt.Errorf("%w; and then: %w", readable(err), readable(e))
		}
		return readable(err)
	}
	return nil
}

func (a *appender) close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}
