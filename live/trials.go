package live

import (
	"context"
	"time"

	"metronome/metrics"
)

// Trials are runs at an endpoint one after the other, as a search for its capacity
// needs them. They are used by one goroutine.
type Trials struct {
	CoolDown time.Duration // from the end of a run to the start of the next, at least
	MostLag  time.Duration // P99 of the lag of sending beyond which a verdict is not to be trusted

	ended time.Time // of the last run
}

// A Verdict is what one run says.
type Verdict struct {
	Report   *metrics.Report // with the rows of the client
	Holds    bool            // the SLO, for all requests that were sent
	Degraded bool            // requests were sent too late to trust it
	Summary  Summary
}

// Run cools the endpoint down, plays a session, and scores it. It is stopped by ctx: an
// interrupted run has no verdict but an error. Ended of the session is told as ever.
func (t *Trials) Run(ctx context.Context, s *Session, scoring metrics.Options) (v Verdict, err error) {
	if err := t.cool(ctx); err != nil {
		return v, err
	}
	set, client, start := metrics.New(scoring), Client{MostLag: t.MostLag}, time.Now()
	watched, firstDeadline := *s, FirstDeadline(scoring)
	watched.Ended = func(x *Exchange) {
		client.Add(x, start)
		set.Finished(x.Completion(firstDeadline))
		if s.Ended != nil {
			s.Ended(x)
		}
	}
	v.Summary, err = watched.Run(ctx)
	t.ended = time.Now()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return v, err
	}
	v.Report = set.Report()
	v.Report.Rows = append(v.Report.Rows, client.Rows(v.Summary)...)
	v.Report.Warnings = append(v.Report.Warnings, client.Warnings(v.Summary)...)
	v.Holds, v.Degraded = v.Report.Holds(), client.Degraded()
	return v, nil
}

// cool waits until the endpoint has cooled down from the run before, if there was one.
func (t *Trials) cool(ctx context.Context) error {
	if t.ended.IsZero() {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(t.ended.Add(t.CoolDown)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// FirstDeadline returns D_p by tenant and prompt tokens; nil if first tokens have no
// deadline, as nothing is known of a lone prefill.
func FirstDeadline(o metrics.Options) func(tenant string, promptTokens int) time.Duration {
	if o.Prefill == nil {
		return nil
	}
	return func(tenant string, promptTokens int) time.Duration {
		return o.Prefill(promptTokens) + o.SLOOf(tenant).TTFTSlack
	}
}
