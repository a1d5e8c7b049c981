package study

import (
	"errors"
	"fmt"
	"io"
	"os"

	"metronome/metrics"
	foreignfile "metronome/metrics/foreign"
)

// countTokens reads a token file through.
func countTokens(format, file string) (h metrics.TokenHeader, requests int, err error) {
	err = eachToken(format, file, func(t *metrics.TokenReader, _ *metrics.Completion) error {
		h = t.Header
		requests++
		return nil
	})
	if err == nil && requests == 0 {
		err = fmt.Errorf("%s: no requests (must have a line for each)", file)
	}
	return h, requests, err
}

// RecordingFormats returns the names of the formats of recordings.
func RecordingFormats() []string { return foreignfile.Formats() }

// eachToken calls visit for every request of a token file.
func eachToken(format, file string, visit func(*metrics.TokenReader, *metrics.Completion) error) error {
	f, err := os.Open(file)
	if err != nil {
		return readable(err)
	}
	defer f.Close()
	t, err := foreignfile.NewReader(format, file, f, func(name string) (io.ReadCloser, error) { return os.Open(name) })
	for err == nil {
		var c *metrics.Completion
		if c, err = t.Next(); err == nil {
			err = visit(t, c)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
