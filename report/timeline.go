package report

import (
	"fmt"

	"metronome/metrics"
)

// A Timeline is a Recorder that keeps what happened when, for the viewer of
// Perfetto. It is bounded: of a longer run it keeps every second, fourth, … block
// of iterations, and the requests with the smallest hashes of seed and number.
type Timeline struct {
	seen   int // iterations
	stride int // of blocks
	kept   []metrics.Iteration
	blocks []int // of each kept iteration
	sample sample
	lives  map[int]*life // of requests that are not over and may be sampled, by number

	standings []metrics.Standing // at most mostStandings
	missed    int                // standings that were left out
}

const (
	blockIterations = 256
	mostIterations  = 20_000
	mostTraced      = 500 // requests
	mostJSON        = 60_000
)

// NewTimeline returns a timeline that has seen nothing.
func NewTimeline(seed uint64) *Timeline {
	return &Timeline{stride: 1, sample: sample{seed: seed, most: mostTraced}, lives: map[int]*life{}}
}

// Iteration implements metrics.Recorder.
func (l *Timeline) Iteration(it *metrics.Iteration) {
	l.witness(it)
	block := l.seen / blockIterations
	l.seen++
	if block%l.stride != 0 {
		return
	}
	if len(l.kept) == mostIterations {
		l.thin()
		if block%l.stride != 0 {
			return
		}
	}
	l.kept = append(l.kept, *it)
	last := &l.kept[len(l.kept)-1]
	last.OwnGaps, last.Deeds = nil, nil
	l.blocks = append(l.blocks, block)
}

// thin keeps every second block.
func (l *Timeline) thin() {
	l.stride *= 2
	n := 0
	for i, block := range l.blocks {
		if block%l.stride == 0 {
			l.kept[n], l.blocks[n] = l.kept[i], block
			n++
		}
	}
	l.kept, l.blocks = l.kept[:n], l.blocks[:n]
}

// Finished implements metrics.Recorder.
func (l *Timeline) Finished(c *metrics.Completion) {
	id := c.Request.ID
	if p := l.sample.add(c); p != nil {
		p.life = l.lives[id]
	}
	delete(l.lives, id)
}

// Rule says what of the run the timeline has.
func (l *Timeline) Rule() string {
	return fmt.Sprintf("%d of %d iterations (every %s block of %d), %d of %d requests (smallest hashes), at most %d chunks and preemptions of each",
		len(l.kept), l.seen, ordinal(l.stride), blockIterations, len(l.sample.kept), l.sample.seen, mostSteps)
}

func ordinal(n int) string {
	switch {
	case n == 1:
		return "1st"
	case n == 2:
		return "2nd"
	}
	return fmt.Sprintf("%dth", n)
}

// Trace returns the timeline as a trace of Perfetto.
func (l *Timeline) Trace() []byte { return l.draw().perfetto() }

// JSON returns the timeline in the Trace Event Format of Chrome, or nil if it has more
// than 60,000 events.
func (l *Timeline) JSON() []byte {
	t := l.draw()
	if len(t.events) > mostJSON {
		return nil
	}
	return t.chrome()
}

func (l *Timeline) draw() *trace {
	t := new(trace)
	all := lanes{trace: t, of: map[[2]int]lane{}}
	for i := range l.kept {
		all.draw(&l.kept[i])
	}
	requests := t.group("requests: " + l.Rule())
	replies := l.sample.replies()
	for _, r := range replies {
		r.draw(t, requests)
	}
	drawTransfers(t, replies)
	l.drawStandings(t)
	return t
}
