package workloads

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// A TraceFormat is a registered kind of trace: text, a request on each line.
type TraceFormat struct {
	Name        string
	Description string // one line, with the columns

	// begins reports whether the first line of a file is one of the format.
	begins func(first string) bool

	// parser returns what parses the lines, and reports whether the first line
	// is a header, not a request.
	parser func(first string) (p parser, header bool, err error)
}

// A parser reads the requests of one file.
type parser interface {
	// parse fills in the row from a line. A length of 0 is not its concern.
	parse(line []byte, r *row) error

	// timed reports whether rows have times of arrival.
	timed() bool
}

var formats = registry[TraceFormat]{kind: "trace format"}

// detect returns the format that a first line begins.
func detect(first string) (TraceFormat, error) {
	for _, f := range formats.sorted() {
		if f.begins(first) {
			return f, nil
		}
	}
	if len(first) > 60 {
		first = first[:60] + "…"
	}
	return TraceFormat{}, fmt.Errorf("%q begins no known trace format (have %s)", first, list(formats.names()))
}

// parseTokens reads a number of tokens: digits alone, 0 included.
func parseTokens(field []byte) (int, error) {
	n := 0
	for _, c := range field {
		if c < '0' || c > '9' || n > MostTokens {
			n = -1
			break
		}
		n = 10*n + int(c-'0')
	}
	if len(field) == 0 || n < 0 || n > MostTokens {
		return 0, fmt.Errorf("%q (must be a whole number from 1 to %d)", field, MostTokens)
	}
	return n, nil
}

// parseSeconds reads a time in seconds.
func parseSeconds(field []byte) (time.Duration, error) {
	x, err := strconv.ParseFloat(string(field), 64)
	if err != nil || !(x >= 0 && x <= longestSpan.Seconds()) {
		return 0, fmt.Errorf("%q (must be a number of seconds, not negative)", field)
	}
	return time.Duration(math.Round(x * float64(time.Second))), nil
}
