package scheduler

import "metronome/workloads"

// A Learner is a router that wants to know what became of the requests that it
// routed.
type Learner interface {
	// Learn reports that the cluster is done with a request that was sent to a
	// pool, and whether it has its whole reply.
	Learn(r workloads.Request, pool int, finished bool)
}

// Pools are what a router may know of pools that serve different models. The
// replicas of a pool follow those of the pool before it.
type Pools struct {
	Replicas []int // of each pool
	Grade    Grade // nil if nobody judges answers
}

// A Grade tells how good the answer to a request is, from 0 to 1, and how many
// dollars it costs, if a pool gives it.
type Grade func(r workloads.Request, pool int) (quality, dollars float64)
