package main

import (
	"bytes"

	"metronome/metrics"
	"metronome/report"
)

// newRecordedRun returns what watches requests whose token times are those of an
// endpoint or a file.
func newRecordedRun(o metrics.Options, seed uint64) *report.Run {
	return report.NewRun(report.Options{Seed: seed, SLO: o.SLO, Warmup: o.Warmup, Recorded: true})
}

// recordedPage returns the page of such a run.
func recordedPage(title string, run *report.Run, r *metrics.Report, about []assumption) ([]byte, error) {
	p := report.Page{Title: title, Run: run, Report: r}
	for _, a := range about {
		p.Assumptions = append(p.Assumptions, [2]string{a.name, a.text})
	}
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}

// A shownRun is a run that watches the scoring of a recording, and says nothing.
type shownRun struct{ *report.Run }

// Finished implements metrics.RequestObserver.
func (s shownRun) Finished(c *metrics.Completion, _ *metrics.Score) { s.Run.Finished(c) }

// Rows implements metrics.Metric.
func (s shownRun) Rows() []metrics.Row { return nil }

// Merge implements metrics.Metric. A recording is scored as a whole.
func (s shownRun) Merge(metrics.Metric) { panic("metronome: parts of a recording are merged") }
