package study

import (
	"fmt"
	"os"
	"path/filepath"
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
)

var runFiles = []string{ExperimentFile, SummaryFile, RequestsFile, BenchFile, TokensFile}

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

// Create opens a new file of the folder.
func (f *Folder) Create(name string) (*os.File, error) {
	return os.Create(filepath.Join(f.partial, name))
}

// Write adds a file with the given content.
func (f *Folder) Write(name string, content []byte) error {
	return os.WriteFile(filepath.Join(f.partial, name), content, 0o666)
}

// Keep puts the files in their place, and takes away those of an earlier run.
func (f *Folder) Keep() error {
	for _, name := range runFiles {
		from, to := filepath.Join(f.partial, name), filepath.Join(f.path, name)
		err := os.Rename(from, to)
		if os.IsNotExist(err) {
			err = os.RemoveAll(to)
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(f.partial)
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
