package sim

import (
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// completion begins the report on s, which the cluster is done with.
func (f *feed) completion(s *scheduler.Sequence, o metrics.Outcome, reason string, now time.Duration) *metrics.Completion {
	s.Over = true
	c := &f.last
	*c = metrics.Completion{
		Request: s.Request, Outcome: o, Reason: reason,
		Deadline: s.Deadline, Admitted: s.Admitted, Finish: now,
		Preemptions: s.Preemptions, Retries: s.Retries, Pool: metrics.NoPool,
	}
	if p := f.tier(s.Request).pace; p != nil && o != metrics.Shed && s.Emitted == 0 {
		p.waiting -= s.PromptTokens
	}
	return c
}

// report tells who watches, and the router.
func (f *feed) report(c *metrics.Completion) {
	f.record.Finished(c)
	if f.learner != nil && c.Pool != metrics.NoPool {
		f.learner.Learn(c.Request, c.Pool, c.Outcome == metrics.Finished)
	}
}

// refused ends a request that can never be served where it was sent.
func (f *feed) refused(r *Replica, s *scheduler.Sequence, reason string, now time.Duration) {
	outcome := metrics.Rejected
	if s.Retries > 0 {
		outcome = metrics.Failed
	}
	f.turnAway(s, outcome, reason, r.iteration.Pool, now)
}

// turnAway ends a request that is on no replica. The pool is the last it was sent
// to, if any.
func (f *feed) turnAway(s *scheduler.Sequence, o metrics.Outcome, reason string, pool int, now time.Duration) {
	c := f.completion(s, o, reason, now)
	c.Pool = pool
	c.Own, c.LongestGap = s.Times()
	f.report(c)
	f.spare = append(f.spare, s)
	f.react(s.Request, now, rejectionPause)
}
