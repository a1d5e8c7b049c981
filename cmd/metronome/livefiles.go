package main

import (
	"errors"
	"fmt"
	"io"

	"metronome/live"
	"metronome/metrics"
	"metronome/report"
	"metronome/study"
)

// liveFiles are the files of a live run; the zero value writes none.
type liveFiles struct {
	out       *study.Output
	shown     *report.Run // the page of the run shows it
	exchanges *live.RecordWriter
	trace     *live.TraceWriter
}

// open opens the files of the run, if any are asked for.
func (m *measurement) open() (*liveFiles, error) {
	if m.out == "" {
		return new(liveFiles), nil
	}
	w := m.Experiment.Workload.Spec
	bench := metrics.BenchSettings{Model: m.endpoint.Model, Rate: rate(w), MaxConcurrency: valueOr(w.MaxInFlight, 0)}
	out, err := m.NewLiveOutput(m.out, m.scoring, bench)
	if err != nil {
		return nil, err
	}
	f := &liveFiles{out: out, shown: newRecordedRun(m.scoring, m.Experiment.Seed)}
	out.Watchers = append(out.Watchers, f.shown)
	header := live.RecordHeader{Model: m.endpoint.Model, Chat: m.endpoint.Chat, Prompt: m.prompter.Way, Seed: m.Experiment.Seed}
	err = errors.Join(
		f.create(study.ExchangesFile, func(w io.Writer) { f.exchanges = live.NewRecordWriter(w, header) }),
		f.create(study.TraceFile, func(w io.Writer) { f.trace = live.NewTraceWriter(w) }),
	)
	if err != nil {
		out.Discard()
	}
	return f, err
}

func (f *liveFiles) create(name string, open func(io.Writer)) error {
	w, err := f.out.Create(name)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	open(w)
	return nil
}

func (f *liveFiles) add(x *live.Exchange, c *metrics.Completion) {
	if f.out == nil {
		return
	}
	f.exchanges.Add(x)
	f.trace.Add(x)
	for _, w := range f.out.Watchers {
		w.Finished(c)
	}
}

// draw adds the page of the run.
func (f *liveFiles) draw(m *measurement, r *metrics.Report) error {
	if f.out == nil {
		return nil
	}
	page, err := recordedPage(m.endpoint.Model+", measured", f.shown, r, m.assumed())
	if err != nil {
		return err
	}
	return f.out.Write(study.ReportFile, page)
}

// Keep adds the summary and puts the files in their place.
func (f *liveFiles) Keep(summary []byte) error {
	if f.out == nil {
		return nil
	}
	if err := errors.Join(f.exchanges.Close(), f.trace.Close()); err != nil {
		return err
	}
	return f.out.Keep(summary)
}

// Discard removes what was not kept.
func (f *liveFiles) Discard() {
	if f.out != nil {
		f.out.Discard()
	}
}
