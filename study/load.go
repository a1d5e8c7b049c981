package study

import (
	"fmt"

	"metronome/metrics"
	"metronome/workloads"
)

// A Load is what an experiment sends, worked out, and what replies are held to: the part
// of a Plan that a cluster elsewhere, which nobody simulates, can be asked.
type Load struct {
	Experiment Experiment // with the defaults of its workloads written out
	Workload   workloads.Supply
	Survey     workloads.Survey // what the workload asks for
}

// Load works out what the experiment sends. It draws the whole workload once.
func (e *Experiment) Load(o Options) (*Load, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	p := &Plan{Experiment: *e, warn: o.Warn}
	if err := p.draw(o); err != nil {
		return nil, e.draft.locate(err)
	}
	return &Load{p.Experiment, p.Workload, p.Survey}, nil
}

// Metrics returns what the metrics of a run of the load must be told. Without a measured
// curve first tokens have no deadline, as nothing is known of the cluster.
func (l *Load) Metrics() metrics.Options {
	x := &l.Experiment
	o := metrics.Options{SLO: x.SLO, Tenants: x.tenants(), Warmup: x.Workload.Warmup, Recorded: true}
	if l.Survey.Counted {
		o.Requests = l.Survey.Requests
	}
	if p := x.SLO.Prefill; p != nil {
		o.Reference, o.Prefill = fmt.Sprintf("a measured curve of %d points", len(p.Curve)), p.Curve.At
	}
	return o
}
