package sim

import (
	"fmt"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
)

// A Replica runs one copy of a model, one iteration after another. If the model
// is a pipeline of stages, this is one of as many lanes through it.
type Replica struct {
	actor    int
	role     Role
	lanes    []*Replica // of the replica, this one among them
	pipeline *pipeline  // nil if there is but one stage
	port     *port
	status   *status

	policy    scheduler.Policy
	newPolicy func() scheduler.Policy
	refuser   scheduler.Refuser // the policy, if it refuses sequences
	batch     *scheduler.Batch
	cost      hardware.CostModel
	atBest    hardware.CostModel // cost, unless something slows it down
	record    metrics.Recorder
	pace      *pace // of prompts; nil if nobody asks
	feed      *feed
	limits    replyLimits

	load      *scheduler.Load       // of all lanes
	own       scheduler.Load        // what this lane has of it
	present   []*scheduler.Sequence // that are not over, each at its Seat
	busy      bool
	iteration metrics.Iteration // in progress, if busy; else the latest

	queued  bool                  // plans an iteration while the one before it runs
	arrived []arrival             // not handed to the policy yet, in order of time
	aborted []*scheduler.Sequence // to be taken out before the next plan, if they are not over by then
	leaving []*scheduler.Sequence // done in the latest iteration

	inbox    []handover // in order of prefill
	incoming []incoming // in order of time
	outgoing []outgoing // in order of time

	host      Host
	fetching  []fetch       // in order of time
	fetchedBy time.Duration // the link to the host has nothing left to do

	reaction time.Duration // when others act next because of the wake-up in progress
}

// replyLimits bound what a request may ask for.
type replyLimits struct {
	modelLen int // tokens of a prompt and its reply
	output   int // tokens of a reply
}

// bound returns the most tokens of a reply to so long a prompt.
func (l replyLimits) bound(promptTokens int) int { return min(l.output, l.modelLen-promptTokens) }

// An arrival is a sequence that was sent to a lane.
type arrival struct {
	at  time.Duration
	seq *scheduler.Sequence
}

// accept takes on a request that has just arrived, or has lost its replica.
func (r *Replica) accept(s *scheduler.Sequence, now time.Duration) {
	s.Lane = r.actor
	s.MaxTokens = r.feed.bound(r, s.PromptTokens)
	if reason := r.feed.refuse(r, s); reason != "" {
		r.feed.refused(r, s, reason, now)
		return
	}
	s.OutputTokens = min(s.OutputTokens, s.MaxTokens)
	if r.role == Prefill {
		s.Handover, s.MaxTokens = s.OutputTokens > s.Emitted+1, s.Emitted+1
	}
	r.enter(s)
	r.arrived = append(r.arrived, arrival{now, s})
}

// enter counts s among those who are here.
func (r *Replica) enter(s *scheduler.Sequence) {
	s.Seat = len(r.present)
	r.present = append(r.present, s)
	r.publish(r.batch.Running())
}

// leave takes s out of those who are here.
func (r *Replica) leave(s *scheduler.Sequence) {
	last := len(r.present) - 1
	r.present[s.Seat] = r.present[last]
	r.present[s.Seat].Seat = s.Seat
	r.present = r.present[:last]
}

// abort lets s, whose client has given it up, run no further than the iteration
// in progress.
func (r *Replica) abort(s *scheduler.Sequence) {
	s.Aborted = true
	r.aborted = append(r.aborted, s)
}

// refuse returns why s, of which so many tokens are computed here, can never run
// here, or "".
func (r *Replica) refuse(s *scheduler.Sequence, outputTokens int) string {
	total := s.PromptTokens + outputTokens
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
	r.reaction = Never
	for range stretch {
		if r.busy {
			if now < r.iteration.End {
				break
			}
			r.finish()
		}
		if r.pipeline != nil && r.pipeline.entry() > now {
			return r.pipeline.entry()
		}
		if !r.start(now) {
			return r.nextTransfer()
		}
		if r.iteration.End >= min(until, r.reaction) {
			break
		}
		now = r.iteration.End
	}
	return r.iteration.End
}

// wake wakes another lane, which acts at the given time because of this one.
func (r *Replica) wake(o *Replica, at time.Duration) {
	r.feed.engine.WakeAt(o.actor, at)
	r.reaction = min(r.reaction, at)
}

// start begins an iteration, or reports that there is nothing to do.
func (r *Replica) start(now time.Duration) bool {
	used := r.batch.UsedBlocks()
	r.plan(now)
	r.beginFetches(now)
	if len(r.lanes) > 1 && r.batch.UsedBlocks() < used {
		r.wakeLanes(now)
	}
	shape, running := r.batch.Shape(), r.batch.Running()
	r.publish(running)
	if shape.Tokens() == 0 {
		if r.load.Down {
			r.feed.emptied(r, now)
		}
		return false
	}
	d := r.cost.IterationTime(*shape)
	if d <= 0 || r.batch.UsedBlocks() > r.batch.Blocks() {
		panic(fmt.Sprintf("sim: iteration of %+v takes %v in a %v", *shape, d, r.batch))
	}
	it := &r.iteration
	it.Start, it.End, it.Shape = now, now+d, *shape
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
	waiting, used := len(r.present)-running, r.batch.UsedBlocks()
	if waiting == r.own.Waiting && running == r.own.Running && used == r.load.UsedBlocks {
		return
	}
	t := r.status.tier
	t.waiting += waiting - r.own.Waiting
	r.load.Waiting += waiting - r.own.Waiting
	r.load.Running += running - r.own.Running
	r.load.UsedBlocks = used
	r.own.Waiting, r.own.Running = waiting, running
	t.changed(r.status.place)
}

// plan lets the policy plan the next iteration. If plans are made an iteration
// ahead, the policy does not know yet who came and who finished in the latest
// one. If it finds nothing to do, it plans again, with all that is known.
func (r *Replica) plan(now time.Duration) {
	r.batch.Now = now
	if len(r.aborted) > 0 {
		r.takeOut(now)
	}
	r.transferKV(now)
	known := now
	if r.queued {
		known = r.iteration.Start
	}
	r.hand(known)
	r.policy.Schedule(r.batch)
	r.iteration.Preemptions = r.batch.Preempted()
	if r.batch.Shape().Tokens() == 0 {
		r.batch.Settle()
		r.transferKV(now)
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
		} else {
			r.drop(s, now)
		}
		r.end(s, gaveUp, now)
	}
	r.aborted = r.aborted[:0]
}

// hand hands the policy the sequences that have arrived by the given time.
func (r *Replica) hand(by time.Duration) {
	n := 0
	for n < len(r.arrived) && r.arrived[n].at <= by {
		if s := r.arrived[n].seq; !s.Aborted {
			r.policy.Add(s)
		}
		n++
	}
	if n > 0 {
		r.arrived = r.arrived[:copy(r.arrived, r.arrived[n:])]
	}
}

// finish ends the iteration in progress and reports what it brought about.
func (r *Replica) finish() {
	it := &r.iteration
	r.busy = false
	p := r.batch.Advance(it.End)
	if len(r.leaving)+len(p.Done) > 0 {
		r.feed.spare = append(r.feed.spare, r.leaving...)
		r.leaving = r.leaving[:0]
	}
	it.StepGap, it.StepGaps, it.OwnGaps = p.StepGap, p.StepGaps, p.OwnGaps
	r.record.Iteration(it)
	if r.pace != nil {
		r.pace.add(it, p.Begun, len(r.lanes))
	}
	for _, s := range p.Done {
		r.done(s, it.End)
	}
	if len(r.lanes) > 1 {
		r.wakeLanes(it.End)
	}
}

// done ends s, or passes it on.
func (r *Replica) done(s *scheduler.Sequence, now time.Duration) {
	if s.Handover && !s.Aborted {
		r.handOver(s, now)
		return
	}
	r.leaving = append(r.leaving, s)
	if s.Aborted {
		if s.Handover {
			r.batch.Release(r.batch.Detach(s))
		}
		r.end(s, gaveUp, now)
		return
	}
	r.end(s, fate{}, now)
	r.reaction = min(r.reaction, r.feed.finished(s.Request, now))
}

// wakeLanes wakes the other lanes that wait for blocks, which this one may have
// given back.
func (r *Replica) wakeLanes(now time.Duration) {
	for _, o := range r.lanes {
		if o != r && !o.busy && len(o.present) > 0 {
			r.wake(o, now)
		}
	}
}

// end reports that the cluster is done with s, which is here.
func (r *Replica) end(s *scheduler.Sequence, end fate, now time.Duration) {
	r.leave(s)
	c := r.feed.completion(s, end, now)
	c.Pool = r.iteration.Pool
	c.Own, c.Steps, c.LongestGap = r.batch.TokenTimes(s)
	r.feed.report(c)
}
