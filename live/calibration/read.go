package calibration

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"metronome/live"
)

// ReadRun reads the exchanges of a live run from a file, compressed by gzip.
func ReadRun(file string) (r Run, err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("%s: no such file (must be in a folder of live --out)", file)
	}
	if err != nil {
		return r, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	_, all, err := live.ReadRecord(file, z)
	if err != nil {
		return r, err
	}
	if r, err = FromExchanges(all); err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}
