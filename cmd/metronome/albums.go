package main

import (
	"bytes"
	"path/filepath"

	"metronome/report"
	"metronome/study"
)

// album writes a page to the folder that was asked for, if one was.
func (f *runFlags) album(a report.Album) error {
	if f.out == "" {
		return nil
	}
	return writeAlbum(f.out, a)
}

func writeAlbum(folder string, a report.Album) error {
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		return failure{err}
	}
	return study.WriteFile(folder, study.ReportFile, b.Bytes())
}

// shortNames returns the names of files without their folders, if they differ.
func shortNames(files []string) []string {
	var short []string
	seen := map[string]bool{}
	for _, file := range files {
		name := filepath.Base(file)
		if seen[name] {
			return files
		}
		seen[name] = true
		short = append(short, name)
	}
	return short
}
