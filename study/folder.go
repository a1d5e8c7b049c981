package study

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Folder collects the files of a run. They appear in it together, by Keep, or
// not at all.
type Folder struct {
	path    string
	partial string // a folder in it, for files in the making
	created bool
}

// The files of a run.
const (
	ExperimentFile = "experiment.toml"
	SummaryFile    = "summary.json"
	RequestsFile   = "requests.csv"
	BenchFile      = "bench.json"
	TokensFile     = "tokens.jsonl.gz"
	ReportFile     = "report.html"
	PlotsFolder    = "plots"
	TimelineFile   = "timeline.perfetto-trace"

	TimelineJSONFile = "timeline.json" // the same, where it is small
)

var runFiles = []string{ExperimentFile, SummaryFile, RequestsFile, BenchFile, TokensFile, ExchangesFile, TraceFile, ReportFile, PlotsFolder, TimelineFile, TimelineJSONFile}

// CreateFolder makes sure that files can be written to a folder.
func CreateFolder(path string) (*Folder, error) {
	_, err := os.Stat(path)
	f := &Folder{path: path, created: os.IsNotExist(err)}
	if err = os.MkdirAll(path, 0o777); err == nil {
		f.partial, err = os.MkdirTemp(path, ".partial-")
	}
	if err != nil {
		return nil, fmt.Errorf("--out: %w (must be a folder that can be written)", readable(err))
	}
	return f, nil
}

// Create opens a new file of the folder, compressed if its name ends in .gz.
func (f *Folder) Create(name string) (io.WriteCloser, error) {
	file, err := os.Create(filepath.Join(f.partial, name))
	if err != nil {
		return nil, err
	}
	b := bufio.NewWriterSize(file, 1<<16)
	if !strings.HasSuffix(name, ".gz") {
		return &sink{b, b, nil, file}, nil
	}
	z, _ := gzip.NewWriterLevel(b, gzip.BestSpeed) // fails for unknown levels only
	return &sink{z, b, z, file}, nil
}

// A sink is a file behind a buffer, and a compressor if it has one.
type sink struct {
	io.Writer
	buffer *bufio.Writer
	zip    *gzip.Writer
	file   *os.File
}

// Close writes what is left and closes the file.
func (s *sink) Close() (err error) {
	if s.zip != nil {
		err = s.zip.Close()
	}
	return errors.Join(err, s.buffer.Flush(), s.file.Close())
}

// Write adds a file with the given content. Its name may have a folder.
func (f *Folder) Write(name string, content []byte) error {
	path := filepath.Join(f.partial, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// Keep puts the files in their place, and takes away those of an earlier run.
func (f *Folder) Keep() error {
	for _, name := range runFiles {
		from, to := filepath.Join(f.partial, name), filepath.Join(f.path, name)
		if err := replace(from, to); err != nil {
			return err
		}
	}
	return os.Remove(f.partial)
}

// replace puts a file or folder in the place of another, or takes the other away
// if there is none.
func replace(from, to string) error {
	s, err := os.Stat(from)
	if os.IsNotExist(err) {
		return os.RemoveAll(to)
	}
	if err == nil && s.IsDir() {
		err = os.RemoveAll(to)
	}
	return errors.Join(err, os.Rename(from, to))
}

// Discard removes the files that were not kept, and the folder if it was not
// there before. After Keep it does nothing.
func (f *Folder) Discard() {
	if _, err := os.Stat(f.partial); err != nil {
		return
	}
	os.RemoveAll(f.partial)
	if f.created {
		os.Remove(f.path)
	}
}
