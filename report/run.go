package report

import (
	"time"

	"metronome/hardware"
	"metronome/metrics"
)

// A Run is a Recorder that keeps what the page of a run shows: distributions,
// what went on over time, the token times of a sample of requests and of the
// worst ones. Its memory does not grow with the run.
type Run struct {
	options Options

	ttft, tbt, tpot, delay metrics.Histogram
	load                   load
	fleet                  fleet
	sample                 sample
	worst                  worst
}

// Options tell a Run what it cannot see.
type Options struct {
	Seed   uint64
	SLO    metrics.SLO
	Warmup time.Duration // requests that arrive before are left out
	Cached bool          // replicas have KV caches

	// System is what decides how fast the run is, such as the name of a policy: runs
	// of one have the same colour everywhere. It may be missing.
	System string

	// Recorded says that token times come from a file or an endpoint: nobody reports
	// iterations or admissions, and gaps are read from completions.
	Recorded bool

	// Replicas are all that there can be, and Fixed those of them that are always provisioned.
	Replicas, Fixed int

	// Energy returns the microjoules that an iteration of a pool takes beyond idling, and
	// IdleWatts is what the fixed replicas draw without work, IdleWattsEach what one of each
	// pool does. Energy is nil if nobody knows.
	Energy        func(pool int, s *hardware.Shape, d time.Duration) int64
	IdleWatts     float64
	IdleWattsEach []float64
}

// NewRun returns a run that has seen nothing.
func NewRun(o Options) *Run {
	return &Run{options: o, sample: sample{seed: o.Seed, most: mostSampled}, load: load{width: firstWidth}}
}

// Part implements metrics.Divisible.
func (r *Run) Part() metrics.Recorder { return NewRun(r.options) }

// Join implements metrics.Divisible.
func (r *Run) Join(part metrics.Recorder) {
	o := part.(*Run)
	r.ttft.Merge(&o.ttft)
	r.tbt.Merge(&o.tbt)
	r.tpot.Merge(&o.tpot)
	r.delay.Merge(&o.delay)
	r.load.merge(&o.load)
	r.fleet.changes = append(r.fleet.changes, o.fleet.changes...) // all of them are of one part: what changes is in one engine
	r.sample.merge(&o.sample)
	r.worst.merge(o.worst)
}

// Iteration implements metrics.Recorder.
func (r *Run) Iteration(it *metrics.Iteration) {
	var energy int64
	if r.options.Energy != nil {
		energy = r.options.Energy(it.Pool, &it.Shape, it.End-it.Start)
	}
	r.load.add(it, energy)
	if it.End < r.options.Warmup {
		return
	}
	r.tbt.RecordN(it.StepGap, it.StepGaps)
	for _, d := range it.OwnGaps {
		r.tbt.Record(d)
	}
}

// Finished implements metrics.Recorder.
func (r *Run) Finished(c *metrics.Completion) {
	if r.options.Recorded {
		r.gaps(c)
	}
	if c.Request.Arrival < r.options.Warmup {
		return
	}
	if c.Outcome == metrics.Finished && c.Tokens() > 0 {
		r.latencies(c)
		r.worst.add(c, r.options.SLO.TBT)
	}
	r.sample.add(c)
}

func (r *Run) latencies(c *metrics.Completion) {
	arrival := c.Request.Arrival
	r.ttft.Record(c.First() - arrival)
	if !r.options.Recorded {
		r.delay.Record(max(0, c.Admitted-arrival))
	}
	if n := c.Tokens() - 1; n > 0 {
		r.tpot.Record((c.Last() - c.First()) / time.Duration(n))
	}
}

// gaps records the gaps that iterations report where there are iterations.
func (r *Run) gaps(c *metrics.Completion) {
	for i := 1; i < c.Tokens(); i++ {
		if t := c.Token(i); t >= r.options.Warmup {
			r.tbt.Record(t - c.Token(i-1))
		}
	}
}
