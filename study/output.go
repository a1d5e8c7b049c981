package study

import (
	"errors"
	"fmt"
	"io"

	"metronome/metrics"
)

// An Output writes the files of a run while it lasts. They appear in their
// folder by Keep, together, or not at all.
type Output struct {
	Watchers []metrics.Recorder // to be shown the run

	folder  *Folder
	closers []io.Closer // in order of closing
}

// mostBenchTokens is the most output tokens of a run that gets a bench.json, which
// is a single object with every gap between tokens: a gigabyte at that.
const mostBenchTokens = 10_000_000

// NewOutput opens the files of a run of the plan in a folder, with the times of
// all tokens if asked for. An error tells that the folder cannot be written.
func (p *Plan) NewOutput(folder string, tokens bool) (*Output, error) {
	f, err := CreateFolder(folder)
	if err != nil {
		return nil, err
	}
	o := &Output{folder: f}
	if err := p.open(o, folder, tokens); err != nil {
		o.Discard()
		return nil, err
	}
	return o, nil
}

func (p *Plan) open(o *Output, folder string, tokens bool) error {
	text, err := p.File(folder)
	if err == nil {
		err = o.folder.Write(ExperimentFile, text)
	}
	if err != nil {
		return err
	}
	if err := o.watch(RequestsFile, func(w io.Writer) recorder {
		return metrics.NewRequestWriter(w, p.Experiment.SLO, p.Experiment.tenants()...)
	}); err != nil {
		return err
	}
	if n := p.Survey.OutputTokens; n > mostBenchTokens {
		p.warn(fmt.Sprintf("%s is left out: its %d token gaps would be held in memory (at most %d are)", BenchFile, n, mostBenchTokens))
	} else if err := o.watch(BenchFile, func(w io.Writer) recorder { return metrics.NewBenchWriter(w, p.bench()) }); err != nil {
		return err
	}
	if !tokens {
		return nil
	}
	return o.watch(TokensFile, func(w io.Writer) recorder {
		return metrics.NewTokenWriter(w, metrics.NewTokenHeader(p.Metrics(), p.Experiment.Seed))
	})
}

// A recorder writes a file.
type recorder interface {
	metrics.Recorder
	io.Closer
}

// watch opens a file and the recorder that writes it.
func (o *Output) watch(name string, open func(io.Writer) recorder) error {
	f, err := o.folder.Create(name)
	if err != nil {
		return err
	}
	r := open(f)
	o.closers = append(o.closers, r, f)
	o.Watchers = append(o.Watchers, r)
	return nil
}

// bench returns the fields of bench.json that are not measured.
func (p *Plan) bench() metrics.BenchSettings {
	a := p.Experiment.Workload.Arrivals
	s := metrics.BenchSettings{Model: p.Deployment.Model.Name}
	if a.Rate != nil {
		s.Rate = *a.Rate
	}
	if a.Process == "gamma" && a.CV != nil {
		s.Burstiness = 1 / (*a.CV * *a.CV)
	}
	if n := p.Experiment.Workload.MaxInFlight; n != nil {
		s.MaxConcurrency = *n
	}
	return s
}

// Write adds a file, whose name is one of the files of a run, or in one of its folders.
func (o *Output) Write(name string, content []byte) error { return o.folder.Write(name, content) }

// Keep adds the summary and puts the files in their place.
func (o *Output) Keep(summary []byte) error {
	err := o.folder.Write(SummaryFile, summary)
	if err = errors.Join(err, o.close()); err != nil {
		return err
	}
	return o.folder.Keep()
}

// Discard removes what was not kept.
func (o *Output) Discard() {
	o.close()
	o.folder.Discard()
}

// close closes everything once.
func (o *Output) close() (err error) {
	for _, c := range o.closers {
		err = errors.Join(err, c.Close())
	}
	o.closers = nil
	return err
}
