package study

import (
	"fmt"
	"io/fs"
	"math/bits"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/workloads"
)

// Options are what a run needs beside its experiment.
type Options struct {
	Profiles fs.FS        // gpus, models, engines and workloads
	Strict   bool         // traces that are out of order are refused, not sorted
	Warn     func(string) // told what was put right in the input; may be nil
}

// A Plan is an experiment worked out: all that its run needs, checked. It may be
// run any number of times, and each time gives the same report.
type Plan struct {
	Experiment Experiment // with the defaults written out
	Deployment hardware.Deployment
	Workload   *workloads.Workload
	Survey     workloads.Survey // what the workload asks for
	Policy     scheduler.Kind
	Blocks     int // of the KV cache of a replica
	Reference  Reference

	warn    func(string)
	router  scheduler.RouterKind
	cost    hardware.CostModel
	stretch float64 // factor of the length of replies; 0 is 1
}

// Plan works the experiment out. It draws the whole workload once, to know how
// many requests there are and how long their replies get.
func (e *Experiment) Plan(o Options) (*Plan, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	p := &Plan{Experiment: *e, warn: o.Warn}
	for _, step := range []func(Options) error{p.deploy, p.schedule, p.survey, p.refer} {
		if err := step(o); err != nil {
			return nil, e.draft.locate(err)
		}
	}
	return p, nil
}

// deploy opens the profiles.
func (p *Plan) deploy(o Options) (err error) {
	x := &p.Experiment
	if p.Deployment, err = hardware.Open(o.Profiles, x.Deployment); err != nil {
		return err
	}
	if p.cost, err = p.Deployment.CostModel(); err != nil {
		return err
	}
	x.Deployment, err = x.Deployment.Resolve()
	x.Deployment.Precision, x.Deployment.KVPrecision = p.Deployment.Precision, p.Deployment.KVPrecision
	return err
}

// schedule resolves the policy and divides the memory. Where the user asks for
// no length, the model takes what its context and the cache both hold.
func (p *Plan) schedule(Options) (err error) {
	x := &p.Experiment
	written, context := x.Scheduler.Spec, p.Deployment.MaxModelLen
	if x.Scheduler.Spec, p.Policy, err = written.Resolve(context); err != nil {
		return err
	}
	block := *x.Scheduler.BlockSize
	if p.Blocks, err = p.Deployment.KVBlocks(block); err != nil {
		return err
	}
	if x.Deployment.MaxModelLen == nil {
		context = min(context, p.Blocks*block)
		x.Deployment.MaxModelLen = &context
		p.Deployment.MaxModelLen = context
	}
	if x.Scheduler.Spec, p.Policy, err = written.Resolve(context); err != nil {
		return err
	}
	if p.router, err = scheduler.LookupRouter(x.Router.Policy); err != nil {
		return err
	}
	return x.Router.Fit(p.Deployment.Replicas)
}

// survey opens the workload and draws it once.
func (p *Plan) survey(o Options) (err error) {
	x := &p.Experiment
	spec := x.Workload.Spec
	spec.Strict = o.Strict
	p.Workload, err = workloads.Open(spec, workloads.Options{
		Seed: x.Seed, Profiles: o.Profiles, Context: p.Deployment.MaxModelLen, Warn: o.Warn,
	})
	if err != nil {
		return err
	}
	if p.Survey, err = p.Workload.Survey(); err != nil {
		return err
	}
	if err := x.Workload.verify(p.Survey.SHA256); err != nil {
		return err
	}
	x.Workload.Spec = p.Workload.Effective()
	if x.Scheduler.MaxOutputTokens == nil {
		bound := powerOfTwo(p.Survey.LongestOutput)
		x.Scheduler.MaxOutputTokens = &bound
	}
	return nil
}

// verify checks that the trace is the one that was meant, and notes which it is.
func (w *Workload) verify(sum string) error {
	if w.SHA256 != "" && w.SHA256 != sum {
		return about("workload.trace_sha256", fmt.Errorf("workload.trace_sha256: %s has %s (must be %s)", w.Trace, sum, w.SHA256))
	}
	w.SHA256 = sum
	return nil
}

// powerOfTwo returns the least power of two that is at least n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }

// GPUs returns the number of GPUs of the cluster.
func (p *Plan) GPUs() int { return p.Deployment.GPUs() * p.Deployment.Replicas }
