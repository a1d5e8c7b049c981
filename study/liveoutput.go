package study

import (
	"bytes"
	"errors"
	"io"

	"github.com/BurntSushi/toml"

	"metronome/metrics"
)

// The files that only a live run has.
const (
	ExchangesFile = "exchanges.jsonl.gz" // all that was measured
	TraceFile     = "trace.csv"          // when requests arrived and how long they were, to be played again
)

// NewLiveOutput opens the files of a live run in a folder. Bench are the fields of
// bench.json that are not measured.
func (l *Load) NewLiveOutput(folder string, o metrics.Options, bench metrics.BenchSettings) (*Output, error) {
	e := &l.Experiment
	f, err := CreateFolder(folder)
	if err != nil {
		return nil, err
	}
	out := &Output{folder: f}
	text, err := e.liveFile(folder)
	if err = errors.Join(err,
		f.Write(ExperimentFile, text),
		out.watch(RequestsFile, func(w io.Writer) recorder { return metrics.NewRequestWriter(w, o.SLO, o.Tenants...) }),
		out.watch(BenchFile, func(w io.Writer) recorder { return metrics.NewBenchWriter(w, bench) }),
		out.watch(TokensFile, func(w io.Writer) recorder {
			return metrics.NewTokenWriter(w, metrics.NewTokenHeader(o, e.Seed))
		}),
	); err != nil {
		out.Discard()
		return nil, err
	}
	return out, nil
}

// liveFile returns what a live run was asked to do, as a file in a folder.
func (e *Experiment) liveFile(folder string) ([]byte, error) {
	w := e.Workload.Spec
	w.Trace = relative(folder, w.Trace)
	var b bytes.Buffer
	encoder := toml.NewEncoder(&b)
	encoder.Indent = ""
	err := errors.Join(
		encoder.Encode(map[string]any{"seed": e.Seed}),
		encoder.Encode(map[string]any{"workload": w}),
		encoder.Encode(map[string]any{"slo": e.SLO}),
	)
	if len(e.Tenants) > 0 {
		err = errors.Join(err, encoder.Encode(map[string]any{"tenant": e.tenantFiles(folder)}))
	}
	return b.Bytes(), err
}

// Create opens another file of the run, which is closed with the others.
func (o *Output) Create(name string) (io.Writer, error) {
	f, err := o.folder.Create(name)
	if err == nil {
		o.closers = append(o.closers, f)
	}
	return f, err
}
