package sim

import (
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A fate is how a request ends.
type fate struct {
	outcome metrics.Outcome
	cause   metrics.Cause
	reason  string // in words
}

// What requests come to that end before their time.
var (
	gaveUp   = fate{metrics.Failed, metrics.TimedOut, "the client gave up waiting"}
	noneLeft = fate{metrics.Failed, metrics.Crash, "no replica is left"} // every one has crashed for good
)

// completion begins the report on s, which the cluster is done with.
func (f *feed) completion(s *scheduler.Sequence, end fate, now time.Duration) *metrics.Completion {
	s.Over = true
	c := &f.last
	*c = metrics.Completion{
		Request: s.Request, Outcome: end.outcome, Cause: end.cause, Reason: end.reason,
		Deadline: s.Deadline, Admitted: s.Admitted, Finish: now,
		Preemptions: s.Preemptions, Retries: s.Retries, Pool: metrics.NoPool,
	}
	if p := f.tier(s.Request).pace; p != nil && end.outcome != metrics.Shed && s.Emitted == 0 {
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
	f.turnAway(s, fate{outcome, metrics.TooLong, reason}, r.iteration.Pool, now)
}

// turnAway ends a request that is on no replica. The pool is the last it was sent
// to, if any.
func (f *feed) turnAway(s *scheduler.Sequence, end fate, pool int, now time.Duration) {
	c := f.completion(s, end, now)
	c.Pool = pool
	c.Own, c.LongestGap = s.Times()
	f.report(c)
	f.spare = append(f.spare, s)
	f.react(s.Request, now, rejectionPause)
}
