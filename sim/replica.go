package sim

import (
	"fmt"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A Replica runs one copy of a model, one iteration after another. If the model
// is a pipeline of stages, this is one of as many lanes through it.
type Replica struct {
	actor    int
	lanes    []*Replica // of the replica, this one among them
	pipeline *pipeline  // nil if there is but one stage

	policy  scheduler.Policy
	refuser scheduler.Refuser // the policy, if it refuses sequences
	batch   *scheduler.Batch
	cost    hardware.CostModel
	record  metrics.Recorder
	feed    *feed
	limits  replyLimits
	due     func(promptTokens int) time.Duration // D_p; nil is no deadline

	load      *scheduler.Load // of all lanes
	own       scheduler.Load  // what this lane has of it
	present   int             // sequences that are not over
	busy      bool
	iteration metrics.Iteration // in progress, if busy; else the latest
	last      metrics.Completion

	queued  bool                  // plans an iteration while the one before it runs
	arrived []*scheduler.Sequence // not handed to the policy yet, in order of arrival
	aborted []*scheduler.Sequence // to be taken out before the next plan, if they are not over by then
	leaving []*scheduler.Sequence // done in the latest iteration
	spare   []*scheduler.Sequence
}

// replyLimits bound what a request may ask for.
type replyLimits struct {
	modelLen int // tokens of a prompt and its reply
	output   int // tokens of a reply
}

// submit hands the replica a request that has just arrived.
func (r *Replica) submit(q workloads.Request) {
	q.MaxTokens = min(r.limits.output, r.limits.modelLen-q.PromptTokens)
	s := r.sequence()
	s.Reset(q)
	if r.due != nil {
		s.Deadline = q.Arrival + r.due(q.PromptTokens)
	}
	if reason := r.refuse(s); reason != "" {
		r.spare = append(r.spare, s)
		r.end(s, metrics.Rejected, reason, s.Arrival)
		r.feed.rejected(s.Request, s.Arrival)
		return
	}
	s.OutputTokens = min(s.OutputTokens, s.MaxTokens)
	r.present++
	r.publish(r.batch.Running())
	r.arrived = append(r.arrived, s)
	r.feed.expect(s, r)
}

// abort lets s, whose client has given it up, run no further than the iteration
// in progress.
func (r *Replica) abort(s *scheduler.Sequence) {
	s.Aborted = true
	r.aborted = append(r.aborted, s)
}

func (r *Replica) sequence() *scheduler.Sequence {
	n := len(r.spare)
	if n == 0 {
		return new(scheduler.Sequence)
	}
	s := r.spare[n-1]
	r.spare = r.spare[:n-1]
	return s
}

// refuse returns why s can never run here, or "".
func (r *Replica) refuse(s *scheduler.Sequence) string {
	total := s.PromptTokens + min(s.OutputTokens, r.limits.output)
	switch {
	case total > r.limits.modelLen:
		return fmt.Sprintf("%d tokens are longer than the context of %d", total, r.limits.modelLen)
	case r.batch.BlocksFor(total-1) > r.batch.Blocks(): // the last token is never cached
		return fmt.Sprintf("%d tokens need %d KV blocks of %d", total, r.batch.BlocksFor(total-1), r.batch.Blocks())
	case r.refuser != nil:
		return r.refuser.Refuse(s, r.batch)
	}
	return ""
}

// stretch is the most iterations that a replica runs in one wake-up, so that
// the engine can be stopped.
const stretch = 4096

// Wake implements Actor. It ends the iteration in progress, if that is due,
// and goes on for as long as nothing else can happen in between.
func (r *Replica) Wake(now, until time.Duration) time.Duration {
	for range stretch {
		if r.busy {
			if now < r.iteration.End {
				break
			}
			until = min(until, r.finish())
		}
		if r.pipeline != nil && r.pipeline.entry() > now {
			return r.pipeline.entry()
		}
		if !r.start(now) {
			return Never
		}
		if r.iteration.End >= until {
			break
		}
		now = r.iteration.End
	}
	return r.iteration.End
}

// start begins an iteration, or reports that there is nothing to do.
func (r *Replica) start(now time.Duration) bool {
	r.plan(now)
	shape, running := r.batch.Shape(), r.batch.Running()
	r.publish(running)
	if shape.Tokens() == 0 {
		return false
	}
	d := r.cost.IterationTime(shape)
	if d <= 0 || r.batch.UsedBlocks() > r.batch.Blocks() {
		panic(fmt.Sprintf("sim: iteration of %+v takes %v in a %v", shape, d, r.batch))
	}
	it := &r.iteration
	it.Start, it.End, it.Shape = now, now+d, shape
	if r.pipeline != nil {
		it.End = r.pipeline.pass(now, d)
	}
	it.Running, it.Waiting = running, r.own.Waiting
	it.UsedBlocks = r.batch.UsedBlocks()
	r.busy = true
	return true
}

// publish tells routers what this lane has taken on.
func (r *Replica) publish(running int) {
	waiting := r.present - running
	r.load.Waiting += waiting - r.own.Waiting
	r.load.Running += running - r.own.Running
	r.load.UsedBlocks = r.batch.UsedBlocks()
	r.own.Waiting, r.own.Running = waiting, running
}

// plan lets the policy plan the next iteration. If plans are made an iteration
// ahead, the policy does not know yet who came and who finished in the latest
// one. If it finds nothing to do, it plans again, with all that is known.
func (r *Replica) plan(now time.Duration) {
	r.batch.Now = now
	r.takeOut(now)
	known := now
	if r.queued {
		known = r.iteration.Start
	}
	r.hand(known)
	r.policy.Schedule(r.batch)
	r.iteration.Preemptions = r.batch.Preempted()
	if r.batch.Shape().Tokens() == 0 {
		r.batch.Settle()
		r.hand(now)
		r.policy.Schedule(r.batch)
		r.iteration.Preemptions += r.batch.Preempted()
	}
}

// takeOut ends the sequences that were aborted since the latest plan.
func (r *Replica) takeOut(now time.Duration) {
	for _, s := range r.aborted {
		if s.Over {
			continue
		}
		if s.Running() {
			r.batch.Abort(s)
		}
		r.end(s, metrics.Failed, timedOut, now)
	}
	r.aborted = r.aborted[:0]
}

const timedOut = "the client gave up waiting"

// hand hands the policy the sequences that have arrived by the given time.
func (r *Replica) hand(by time.Duration) {
	n := 0
	for n < len(r.arrived) && r.arrived[n].Arrival <= by {
		if !r.arrived[n].Aborted {
			r.policy.Add(r.arrived[n])
		}
		n++
	}
	if n > 0 {
		r.arrived = r.arrived[:copy(r.arrived, r.arrived[n:])]
	}
}

// finish ends the iteration in progress, reports what it brought about and
// returns when clients act next because of that.
func (r *Replica) finish() (reaction time.Duration) {
	it := &r.iteration
	r.busy, reaction = false, Never
	p := r.batch.Advance(it.End)
	if len(r.leaving)+len(p.Done) > 0 {
		r.spare = append(r.spare, r.leaving...)
		r.leaving = append(r.leaving[:0], p.Done...)
	}
	it.StepGap, it.StepGaps, it.OwnGaps = p.StepGap, p.StepGaps, p.OwnGaps
	r.record.Iteration(it)
	for _, s := range p.Done {
		if s.Aborted {
			r.end(s, metrics.Failed, timedOut, it.End)
			continue
		}
		r.end(s, metrics.Finished, "", it.End)
		reaction = min(reaction, r.feed.finished(s.Request, it.End))
	}
	if len(r.lanes) > 1 {
		reaction = min(reaction, r.wakeLanes(it.End))
	}
	return reaction
}

// wakeLanes wakes the other lanes that wait for blocks, which this one may have
// given back. It returns when one of them acts.
func (r *Replica) wakeLanes(now time.Duration) time.Duration {
	woken := Never
	for _, o := range r.lanes {
		if o != r && !o.busy && o.present > 0 {
			r.feed.engine.WakeAt(o.actor, now)
			woken = now
		}
	}
	return woken
}

// end reports that the cluster is done with s.
func (r *Replica) end(s *scheduler.Sequence, o metrics.Outcome, reason string, now time.Duration) {
	if o != metrics.Rejected {
		r.present--
	}
	s.Over = true
	c := &r.last
	*c = metrics.Completion{
		Request: s.Request, Outcome: o, Reason: reason,
		Deadline: s.Deadline, Admitted: s.Admitted, Finish: now, Preemptions: s.Preemptions,
	}
	c.Own, c.Steps, c.LongestGap = r.batch.TokenTimes(s)
	r.record.Finished(c)
}
