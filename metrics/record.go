// Package metrics scores what a cluster did: the fluidity metrics of Etalon
// (arXiv 2407.07000, section 4) beside the conventional ones. A simulated and a
// measured run are scored by the same code.
package metrics

import (
	"fmt"
	"iter"
	"time"

	"metronome/hardware"
	"metronome/workloads"
)

// A Recorder observes replicas. Its methods are called in the hot path and must
// not keep what they are handed.
type Recorder interface {
	// Iteration reports that a replica has run one iteration.
	Iteration(*Iteration)

	// Finished reports that the cluster is done with a request, whatever its outcome.
	Finished(*Completion)
}

// An Iteration is one forward pass of a replica.
type Iteration struct {
	Pool       int // of the cluster's, in the order in which they are given
	Replica    int // of the cluster's
	Lane       int // of the replica's pipeline
	Start, End time.Duration
	Shape      hardware.Shape

	// The token gaps that ended with the iteration: StepGaps of length StepGap,
	// which members of the cohort share, and one for each of OwnGaps.
	StepGap  time.Duration
	StepGaps int
	OwnGaps  []time.Duration

	Running, Waiting        int // sequences admitted, and not
	UsedBlocks, TotalBlocks int // of the KV cache, during the iteration
	Preemptions             int // decided for this iteration

	// Deeds yields what the iteration did to single requests. It may only be called
	// while the iteration is reported, costs nothing unless it is, and is nil where
	// nobody can tell.
	Deeds iter.Seq[Deed]
}

// A Deed is what an iteration did to one request.
type Deed struct {
	Request int
	Tokens  int // of its prompt that were computed; 0 if it was preempted instead
}

// Preempted reports whether the request was taken out of the batch.
func (d Deed) Preempted() bool { return d.Tokens == 0 }

// An Outcome tells how a request ended.
type Outcome uint8

// The outcomes of a request. Only a finished request has its whole reply.
const (
	Finished Outcome = iota
	Rejected         // could never have been served
	Failed           // was given up after it had been accepted
	Shed             // refused by admission control
)

// String returns the word that files and reports use.
func (o Outcome) String() string {
	return [...]string{"finished", "rejected", "failed", "shed"}[o]
}

// NoPool is where requests end that no replica took on.
const NoPool = -1

// A FleetObserver is a Recorder, or a metric, that sees how replicas are turned on
// and off. Of pools that are not scaled it is told nothing.
type FleetObserver interface {
	// Fleet reports that a pool has so many more replicas provisioned, or fewer if
	// delta is negative, from a time on. The first report, at 0, tells how many it has.
	Fleet(at time.Duration, pool, delta int)
}

// A Completion is the life of one request.
type Completion struct {
	Request  workloads.Request
	Outcome  Outcome
	Cause    Cause         // why it did not finish
	Reason   string        // likewise, in words
	Deadline time.Duration // of the first token: arrival + D_p; 0 if there is none
	Admitted time.Duration // first admission to a batch; meaningless if it never was
	Finish   time.Duration // when the cluster was done with it

	Preemptions int
	Retries     int // after crashes of replicas
	Pool        int // where it ended, or NoPool

	// The times of the output tokens, in order: Own, then Steps. Steps is a
	// piece of the shared timeline of the replica.
	Own, Steps []time.Duration

	// LongestGap is the longest gap between two consecutive output tokens.
	LongestGap time.Duration
}

// Tokens returns the number of output tokens produced.
func (c *Completion) Tokens() int { return len(c.Own) + len(c.Steps) }

// First returns the time of the first output token. There must be one.
func (c *Completion) First() time.Duration {
	if len(c.Own) > 0 {
		return c.Own[0]
	}
	return c.Steps[0]
}

// Last returns the time of the last output token. There must be one.
func (c *Completion) Last() time.Duration {
	if n := len(c.Steps); n > 0 {
		return c.Steps[n-1]
	}
	return c.Own[len(c.Own)-1]
}

// Token returns the time of output token i, from 0.
func (c *Completion) Token(i int) time.Duration {
	if i < len(c.Own) {
		return c.Own[i]
	}
	return c.Steps[i-len(c.Own)]
}

// ParseOutcome returns the outcome of a word that files use.
func ParseOutcome(word string) (Outcome, error) {
	for o := Finished; o <= Shed; o++ {
		if o.String() == word {
			return o, nil
		}
	}
	return 0, fmt.Errorf("%q (must be finished, rejected, failed or shed)", word)
}
