package study

import (
	"context"
	"errors"
	"fmt"
	"time"

	"metronome/metrics"
)

// An overload gives a run up once it is hopeless: when a quarter of all its
// requests wait at once, requests arrive faster by a third than they can be served.
type overload struct {
	cancel   context.CancelCauseFunc
	limit    int
	requests int
	stages   int   // of any replica at most
	waiting  []int // by lane
	all      int
}

// leastWaiting is how many requests must wait at least, so that a burst is no overload.
const leastWaiting = 100

// An overloadError tells that a run was given up.
type overloadError struct {
	waiting, requests int
	at                time.Duration
}

func (e overloadError) Error() string {
	return fmt.Sprintf("%d of %d requests waited at once after %v: more arrive than can be served",
		e.waiting, e.requests, e.at.Round(time.Millisecond))
}

// watchOverload returns a context that ends once a run of the plan is hopeless, and
// who watches for that; nil where requests await each other.
func (p *Plan) watchOverload(ctx context.Context) (context.Context, *overload) {
	if p.Workload.Closed() || !p.Survey.Counted {
		return ctx, nil
	}
	o := &overload{limit: max(leastWaiting, p.Survey.Requests/4), requests: p.Survey.Requests}
	for _, pool := range p.Pools {
		o.stages = max(o.stages, pool.Deployment.Pipeline)
	}
	o.waiting = make([]int, p.Replicas()*o.stages)
	ctx, o.cancel = context.WithCancelCause(ctx)
	return ctx, o
}

// Iteration implements metrics.Recorder.
func (o *overload) Iteration(it *metrics.Iteration) {
	lane := it.Replica*o.stages + it.Lane
	o.all += it.Waiting - o.waiting[lane]
	o.waiting[lane] = it.Waiting
	if o.limit > 0 && o.all > o.limit {
		o.cancel(overloadError{o.all, o.requests, it.End})
		o.limit = 0 // once
	}
}

// Finished implements metrics.Recorder.
func (o *overload) Finished(*metrics.Completion) {}

// runUnlessHopeless runs a plan. There is no report if it was given up.
func (p *Plan) runUnlessHopeless(ctx context.Context) (*metrics.Report, error) {
	ctx, o := p.watchOverload(ctx)
	if o == nil {
		return p.Run(ctx)
	}
	defer o.cancel(nil)
	r, err := p.Run(ctx, o)
	if errors.As(err, new(overloadError)) {
		return nil, nil
	}
	return r, err
}

// watched runs a plan, and gives it up once it is hopeless if the study says so.
func (s *Study) watched(ctx context.Context, p *Plan) (*metrics.Report, error) {
	if !s.EarlyStop {
		return p.Run(ctx)
	}
	ctx, o := p.watchOverload(ctx)
	if o == nil {
		return p.Run(ctx)
	}
	defer o.cancel(nil)
	return p.Run(ctx, o)
}
