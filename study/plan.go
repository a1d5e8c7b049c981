package study

import (
	"fmt"
	"io/fs"
	"math/bits"
	"slices"

	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

// Options are what a run needs beside its experiment.
type Options struct {
	Profiles fs.FS        // gpus, models, engines and workloads
	Strict   bool         // traces that are out of order are refused, not sorted
	Warn     func(string) // told what was put right in the input; may be nil
	Engines  int          // at most, that serve a run at once where nothing couples replicas; 0 is 1
}

// A Plan is an experiment worked out: all that its run needs, checked. It may be
// run any number of times, and each time gives the same report.
type Plan struct {
	Experiment Experiment // with the defaults written out
	*Pool                 // the first of the pools, which there mostly is but one of
	Pools      []*Pool
	Workload   workloads.Supply
	Survey     workloads.Survey // what the workload asks for
	Reference  Reference

	surveys []workloads.Survey // of [workload], or of each tenant
	warn    func(string)
	engines int
	router  scheduler.RouterKind
	stretch float64 // factor of the length of replies; 0 is 1
}

// Plan works the experiment out. It draws the whole workload once, to know how
// many requests there are and how long their replies get.
func (e *Experiment) Plan(o Options) (*Plan, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	p := &Plan{Experiment: *e, warn: o.Warn, engines: o.Engines}
	for _, step := range []func(Options) error{p.deploy, p.route, p.survey, p.refer} {
		if err := step(o); err != nil {
			return nil, e.draft.locate(err)
		}
	}
	return p, nil
}

// deploy works out the pools. Without any, all replicas are as [deployment] and
// [scheduler] say.
func (p *Plan) deploy(o Options) error {
	x := &p.Experiment
	written := x.Pools
	if len(written) == 0 {
		written = []PoolSpec{{Spec: x.Deployment.Spec, Scaling: x.Deployment.Scaling, Scheduler: x.Scheduler}}
	}
	for i, s := range written {
		pool, err := newPool(s, o)
		if err != nil && len(x.Pools) > 0 {
			err = inPool(i, err)
		}
		if err != nil {
			return err
		}
		p.Pools = append(p.Pools, pool)
	}
	p.Pool = p.Pools[0]
	return p.alike()
}

// settle writes what was worked out of the pools into the experiment.
func (p *Plan) settle() {
	x := &p.Experiment
	x.Deployment, x.Scheduler = Deployment{p.Spec.Spec, p.Spec.Scaling}, p.Spec.Scheduler
	if len(x.Pools) > 0 {
		x.Pools = nil
		for _, pool := range p.Pools {
			x.Pools = append(x.Pools, pool.Spec)
		}
	}
}

// route finds the routers.
func (p *Plan) route(Options) (err error) {
	x := &p.Experiment
	if p.router, err = scheduler.LookupRouter(x.Router.Policy); err != nil {
		return err
	}
	replicas, all := 0, 0
	for _, pool := range p.Pools {
		all += pool.Most()
		if pool.Spec.Role != sim.Decode {
			replicas += pool.Most()
		}
	}
	if err := x.Faults.fit(all); err != nil {
		return err
	}
	x.Admission, x.Faults = x.Admission.resolve(), x.Faults.resolve()
	if p.disaggregated() {
		x.Handover = x.Handover.resolve()
	}
	return x.Router.Fit(replicas)
}

// disaggregated reports whether there are decode pools.
func (p *Plan) disaggregated() bool {
	return slices.ContainsFunc(p.Pools, func(pool *Pool) bool { return pool.Spec.Role == sim.Decode })
}

// survey draws the workload, and fills in what depends on it.
func (p *Plan) survey(o Options) error {
	if err := p.draw(o); err != nil {
		return err
	}
	bound := powerOfTwo(p.Survey.LongestOutput)
	for _, pool := range p.Pools {
		if most := &pool.Spec.Scheduler.MaxOutputTokens; *most == nil {
			*most = &bound
		}
	}
	if err := p.appraise(); err != nil {
		return err
	}
	p.settle()
	return nil
}

// draw opens what requests come from, and draws it.
func (p *Plan) draw(o Options) error {
	if p.Experiment.merged() {
		return p.surveyTenants(o)
	}
	return p.surveyWorkload(o)
}

func (p *Plan) surveyWorkload(o Options) error {
	x := &p.Experiment
	w, err := p.supply(x.Workload.Spec, x.Seed, o)
	if err != nil {
		return err
	}
	if p.Survey, err = w.Survey(); err != nil {
		return err
	}
	if err := x.Workload.verify(p.Survey.SHA256); err != nil {
		return err
	}
	p.Workload, x.Workload.Spec, p.surveys = w, w.Effective(), []workloads.Survey{p.Survey}
	return p.findTenants()
}

// supply opens a workload.
func (p *Plan) supply(spec workloads.Spec, seed uint64, o Options) (*workloads.Workload, error) {
	spec.Strict = o.Strict
	return workloads.Open(spec, workloads.Options{Seed: seed, Profiles: o.Profiles, Context: p.context(), Warn: o.Warn})
}

// context returns the longest context that any pool takes, in tokens.
func (p *Plan) context() int {
	longest := 0
	for _, pool := range p.Pools {
		longest = max(longest, pool.Deployment.MaxModelLen)
	}
	return longest
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
func (p *Plan) GPUs() (n int) {
	for _, pool := range p.Pools {
		n += pool.GPUs()
	}
	return n
}

// Replicas returns the number of replicas of the cluster.
func (p *Plan) Replicas() (n int) {
	for _, pool := range p.Pools {
		n += pool.Deployment.Replicas
	}
	return n
}
