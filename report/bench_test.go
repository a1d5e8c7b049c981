package report

import (
	"io"
	"testing"
)

// The page of a run costs no more than that of its sample, however long the run.
func BenchmarkPage(b *testing.B) {
	run, m := made(20_000)
	p := Page{Title: "made up", Run: run, Report: m}
	for b.Loop() {
		if err := p.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
