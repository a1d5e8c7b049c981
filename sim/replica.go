package sim

import (
	"fmt"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A Replica runs one copy of a model, one iteration after another.
type Replica struct {
	policy  scheduler.Policy
	refuser scheduler.Refuser // the policy, if it refuses sequences
	batch   *scheduler.Batch
	cost    hardware.CostModel
	record  metrics.Recorder
	feed    *feed
	limits  replyLimits
	due     func(promptTokens int) time.Duration // D_p; nil is no deadline

	load      *scheduler.Load
	busy      bool
	iteration metrics.Iteration // in progress, if busy
	spare     []*scheduler.Sequence
	last      metrics.Completion
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
		r.reject(s, reason)
		return
	}
	s.OutputTokens = min(s.OutputTokens, s.MaxTokens)
	r.load.Waiting++
	r.policy.Add(s)
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

func (r *Replica) reject(s *scheduler.Sequence, reason string) {
	r.last = metrics.Completion{
		Request: s.Request, Outcome: metrics.Rejected, Reason: reason,
		Deadline: s.Deadline, Finish: s.Arrival,
	}
	r.record.Finished(&r.last)
	r.feed.finished(s.Request, s.Arrival)
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
	r.batch.Now = now
	r.policy.Schedule(r.batch)
	shape := r.batch.Shape()
	running := r.batch.Running()
	r.load.Waiting += r.load.Running - running
	r.load.Running, r.load.UsedBlocks = running, r.batch.UsedBlocks()
	if shape.Tokens() == 0 {
		return false
	}
	d := r.cost.IterationTime(shape)
	if d <= 0 || r.batch.UsedBlocks() > r.batch.Blocks() {
		panic(fmt.Sprintf("sim: iteration of %+v takes %v in a %v", shape, d, r.batch))
	}
	it := &r.iteration
	it.Start, it.End, it.Shape = now, now+d, shape
	it.Running, it.Waiting = running, r.load.Waiting
	it.UsedBlocks, it.Preemptions = r.batch.UsedBlocks(), r.batch.Preempted()
	r.busy = true
	return true
}

// finish ends the iteration in progress, reports what it brought about and
// returns when clients act next because of that.
func (r *Replica) finish() (reaction time.Duration) {
	it := &r.iteration
	r.busy, reaction = false, Never
	p := r.batch.Advance(it.End)
	it.StepGap, it.StepGaps, it.OwnGaps = p.StepGap, p.StepGaps, p.OwnGaps
	r.record.Iteration(it)
	for _, s := range p.Done {
		r.load.Running--
		r.complete(s, it.End)
		reaction = min(reaction, r.feed.finished(s.Request, it.End))
		r.spare = append(r.spare, s)
	}
	return reaction
}

func (r *Replica) complete(s *scheduler.Sequence, end time.Duration) {
	c := &r.last
	*c = metrics.Completion{
		Request: s.Request, Deadline: s.Deadline, Admitted: s.Admitted, Finish: end,
		Preemptions: s.Preemptions,
	}
	c.Own, c.Steps, c.LongestGap = r.batch.TokenTimes(s)
	r.record.Finished(c)
}
