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
}

const (
	blockIterations = 256
	mostIterations  = 20_000
	mostTraced      = 500 // requests
)

// NewTimeline returns a timeline that has seen nothing.
func NewTimeline(seed uint64) *Timeline {
	return &Timeline{stride: 1, sample: sample{seed: seed, most: mostTraced}}
}

// Iteration implements metrics.Recorder.
func (l *Timeline) Iteration(it *metrics.Iteration) {
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
	l.kept[len(l.kept)-1].OwnGaps = nil
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
func (l *Timeline) Finished(c *metrics.Completion) { l.sample.add(c) }

// Rule says what of the run the timeline has.
func (l *Timeline) Rule() string {
	return fmt.Sprintf("%d of %d iterations (every %s block of %d), %d of %d requests (smallest hashes)",
		len(l.kept), l.seen, ordinal(l.stride), blockIterations, len(l.sample.kept), l.sample.seen)
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
func (l *Timeline) Trace() []byte {
	p := new(perfetto)
	tracks := lanes{p: p, numbers: map[[2]int]uint64{}}
	for i := range l.kept {
		it := &l.kept[i]
		tracks.draw(it)
	}
	requests := tracks.next()
	p.process(requests, "requests: "+l.Rule())
	for _, r := range l.sample.replies() {
		track := tracks.next()
		p.child(track, requests, fmt.Sprintf("request %d", r.id))
		r.trace(p, track)
	}
	return p.packets
}

// lanes are the tracks of replicas: of each lane its iterations, and what it counts.
type lanes struct {
	p       *perfetto
	numbers map[[2]int]uint64
	last    uint64
}

func (l *lanes) next() uint64 {
	l.last++
	return l.last
}

// The tracks of a lane, by their distance from its group.
const (
	iterationTrack = 1 + iota
	runningTrack
	waitingTrack
	blocksTrack
)

// of returns the number of the group of a lane, which is made when first needed.
func (l *lanes) of(it *metrics.Iteration) uint64 {
	key := [2]int{it.Replica, it.Lane}
	if n, ok := l.numbers[key]; ok {
		return n
	}
	n := l.next()
	l.numbers[key] = n
	l.p.process(n, fmt.Sprintf("replica %d, lane %d", it.Replica, it.Lane))
	l.p.child(n+iterationTrack, n, "iterations")
	l.p.counter(n+runningTrack, n, "running requests")
	l.p.counter(n+waitingTrack, n, "waiting requests")
	l.p.counter(n+blocksTrack, n, "KV blocks in use")
	l.last = n + blocksTrack
	return n
}

func (l *lanes) draw(it *metrics.Iteration) {
	n := l.of(it)
	s := it.Shape
	name := fmt.Sprintf("%d decodes", s.Decodes)
	if s.Prefills > 0 {
		name += fmt.Sprintf(" + %d prompt tokens", s.PrefillTokens)
	}
	l.p.slice(n+iterationTrack, it.Start, it.End, name,
		annotation{name: "chunks", number: int64(s.Prefills)}, annotation{name: "prompt tokens", number: int64(s.PrefillTokens)},
		annotation{name: "decodes", number: int64(s.Decodes)}, annotation{name: "decode context", number: int64(s.DecodeContext)},
		annotation{name: "KV blocks", number: int64(it.UsedBlocks)}, annotation{name: "preemptions", number: int64(it.Preemptions)})
	if it.Preemptions > 0 {
		l.p.instant(n+iterationTrack, it.Start, fmt.Sprintf("%d preempted", it.Preemptions))
	}
	l.p.count(n+runningTrack, it.Start, it.Running)
	l.p.count(n+waitingTrack, it.Start, it.Waiting)
	l.p.count(n+blocksTrack, it.Start, it.UsedBlocks)
}

// trace draws the life of a request: queued, prefill, decode.
func (r reply) trace(p *perfetto, track uint64) {
	if !r.served {
		p.instant(track, r.finish, r.outcome.String())
		return
	}
	first, last := r.arrival+r.tokens[0], r.arrival+r.tokens[len(r.tokens)-1]
	about := []annotation{
		{name: "prompt tokens", number: int64(r.prompt)}, {name: "output tokens", number: int64(len(r.tokens))},
		{name: "preemptions", number: int64(r.preemptions)}, {name: "tenant", text: r.tenant},
	}
	p.slice(track, r.arrival, r.admitted, "queued", about...)
	p.slice(track, r.admitted, first, "prefill", about...)
	p.slice(track, first, last, "decode", about...)
}
