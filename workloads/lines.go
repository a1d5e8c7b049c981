package workloads

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// longestLine bounds a line of a trace, in bytes.
const longestLine = 1 << 20

// lines reads text, plain or gzipped, line by line. Either line ending will do,
// as will a byte order mark, a last line without an end, and empty lines after it.
type lines struct {
	name    string // of the file
	scanner *bufio.Scanner
	number  int // of the line last read, from 1
	empty   int // number of the first of the empty lines before it, if any
}

func newLines(name string, r io.Reader) (*lines, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	var text io.Reader = buffered
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		zipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text = zipped
	}
	l := &lines{name: name, scanner: bufio.NewScanner(text)}
	l.scanner.Buffer(make([]byte, 1<<16), longestLine)
	return l, nil
}

// next returns the next line, valid until the one after it is read, or nil once
// there are no more.
func (l *lines) next() ([]byte, error) {
	for l.scanner.Scan() {
		l.number++
		line := l.scanner.Bytes()
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		switch blank := len(bytes.TrimSpace(line)) == 0; {
		case blank && l.empty == 0:
			l.empty = l.number
		case !blank && l.empty != 0:
			return nil, fmt.Errorf("%s:%d: empty line (allowed at the end only)", l.name, l.empty)
		case !blank:
			return line, nil
		}
	}
	err := l.scanner.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("line too long (must be at most %d bytes)", longestLine)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", l.name, l.number+1, err)
	}
	return nil, nil
}

// fault names the line last read as the place of an error.
func (l *lines) fault(err error) error { return fmt.Errorf("%s:%d: %w", l.name, l.number, err) }
