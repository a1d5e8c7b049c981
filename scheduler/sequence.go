package scheduler

import (
	"time"

	"metronome/workloads"
)

// A Sequence is a request's progress on one replica.
//
// While it decodes it belongs to the cohort of its batch, which keeps its
// progress as sums: Emitted is then what it had produced when it joined, and
// Batch.Context tells how many tokens it has cached by now.
type Sequence struct {
	workloads.Request

	Deadline    time.Duration // of the first token, since the start of the run; 0 if there is none
	TBT         time.Duration // D_d, the time between two tokens that its client expects; 0 if it is that of Limits
	Admitted    time.Duration // first admission to the batch; Never before that
	Emitted     int           // output tokens produced
	Preemptions int
	Retries     int  // times that it was sent to another replica after a crash
	Aborted     bool // its client has given it up; it is not admitted any more
	Over        bool // the cluster is done with it
	Handover    bool // another replica decodes it: here it is done with its first token
	Lane        int  // where it is, as its cluster numbers the batches
	Seat        int  // its place among the sequences that are there
	Reused      int  // tokens found in the prefix cache at the latest admission

	Tally *Tally // counts its output tokens while it is in a batch; may be nil

	target int      // tokens to prefill: the prompt and, after a preemption, the reply so far
	cached int      // of them, those in the cache
	blocks int      // KV blocks held; of an open member of the cohort, blocks held when it joined
	named  []*block // of them, the first ones, whose tokens the prefix cache knows

	stored  int  // blocks copied to the host, or found there
	fetched bool // holds blocks from the host, or will, without being admitted
	coming  int  // tokens that are on their way from the host

	own     []time.Duration // times of its tokens, but for those of the steps since it joined
	longest time.Duration   // longest gap between them

	relegated    bool // its policy has given its first deadline up
	tier, ranked int  // see Fluid: of its deadlines, the one that is held; and when it got its rank

	standing

	member
	order        int       // of admission; 0 if it is not running
	older, newer *Sequence // in that order
}

// Never is the time of what has not happened.
const Never = time.Duration(-1)

// Reset makes s stand for a request that has just arrived.
func (s *Sequence) Reset(r workloads.Request) {
	*s = Sequence{Request: r, Admitted: Never, target: r.PromptTokens, own: s.own[:0], named: s.named[:0]}
}

// Running reports whether s is admitted to a batch and not done.
func (s *Sequence) Running() bool { return s.order > 0 }

// Remaining returns the tokens that still have to be prefilled.
func (s *Sequence) Remaining() int { return s.target - s.cached }

// Bound returns the most tokens that s may ever cache, as far as a policy may know.
func (s *Sequence) Bound() int { return s.PromptTokens + s.MaxTokens }

// emit records an output token produced at time t on its own, not in a step
// with the cohort, and returns the gap since the one before.
func (s *Sequence) emit(t time.Duration) (gap time.Duration, hasGap bool) {
	if n := len(s.own); n > 0 {
		gap, hasGap = t-s.own[n-1], true
		s.longest = max(s.longest, gap)
	}
	s.own = append(s.own, t)
	s.Emitted++
	if s.Tally != nil {
		s.Tally.tokens++
	}
	return gap, hasGap
}
