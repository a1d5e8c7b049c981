// Package study turns experiment files into runs and their reports.
//
// There are only a few types: a Draft is an experiment as it was written, an
// Experiment is what it says, a Plan is all that its run needs, checked before
// the clock starts.
package study

import (
	"cmp"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// An Experiment is what a run is asked to do. Fields that were not written have
// no value or their default.
type Experiment struct {
	Seed       uint64               `toml:"seed"`
	Workload   Workload             `toml:"workload"`
	Deployment Deployment           `toml:"deployment"`
	Scheduler  Scheduler            `toml:"scheduler"`
	Pools      []PoolSpec           `toml:"pool,omitempty"` // if there are any, they stand for [deployment] and [scheduler]
	Router     scheduler.RouterSpec `toml:"router"`
	Handover   Handover             `toml:"handover"`
	Admission  Admission            `toml:"admission"`
	Faults     Faults               `toml:"faults"`
	SLO        metrics.SLO          `toml:"slo"`
	Tenants    []TenantSpec         `toml:"tenant,omitempty"`

	draft *Draft // tells where a key was written; may be nil
}

// A Workload is the [workload] table.
type Workload struct {
	workloads.Spec
	SHA256 string `toml:"trace_sha256,omitempty"` // of the trace, in hex; "" is not checked

	ClientDelay bool `toml:"client_delay,omitempty"` // latencies count from when clients send
}

// A Scheduler is the [scheduler] table: what all policies share, and the
// parameters that the chosen one has for itself.
type Scheduler struct {
	scheduler.Spec
	Own map[string]any // parsed TOML by key
}

const defaultSeed = 1

// defaults returns the experiment that an empty file describes.
func defaults() *Experiment {
	return &Experiment{Seed: defaultSeed, Router: scheduler.RouterSpec{Policy: scheduler.DefaultRouter}, SLO: metrics.DefaultSLO()}
}

// Open reads an experiment file, "" being the empty one, and applies settings
// of the form key=value.
func Open(file string, settings ...string) (*Experiment, error) {
	d, err := ReadDraft(file)
	if err != nil {
		return nil, err
	}
	for _, s := range settings {
		if err := d.Set(s); err != nil {
			return nil, err
		}
	}
	return d.Experiment()
}

// validate reports the first key whose value makes no sense by itself.
func (e *Experiment) validate() error {
	run := e.Workload
	if e.merged() { // the rest is for tenants to build on
		run = run.ofRun()
	}
	if err := run.Validate(); err != nil {
		return err
	}
	if err := e.Deployment.Validate(); err != nil {
		return err
	}
	if err := e.Deployment.Scaling.validate("deployment.scaling"); err != nil {
		return err
	}
	if err := e.Scheduler.Validate(); err != nil {
		return err
	}
	if err := validatePools(e.Pools); err != nil {
		return err
	}
	if err := e.Router.Validate(); err != nil {
		return err
	}
	if err := e.validateHandover(); err != nil {
		return err
	}
	if err := cmp.Or(e.Admission.Validate(), e.Faults.Validate()); err != nil {
		return err
	}
	if err := e.SLO.Validate(); err != nil {
		return err
	}
	return e.validateTenants()
}
