package report

import (
	"fmt"
	"time"

	"metronome/metrics"
)

// A life is what happened to a request between its arrival and its end.
type life struct {
	steps    []lifeStep // at most mostSteps
	left     int        // steps that were left out
	transfer *metrics.Transfer
}

// A lifeStep is a chunk of the prompt, or a preemption at its start.
type lifeStep struct {
	from, to time.Duration
	replica  int
	tokens   int // of the chunk; 0 is a preemption
}

// mostSteps bounds the steps that are kept of a request.
const mostSteps = 50

// witness keeps what an iteration did to requests that may be sampled.
func (l *Timeline) witness(it *metrics.Iteration) {
	if it.Deeds == nil {
		return
	}
	for d := range it.Deeds {
		if !l.sample.wants(d.Request) {
			continue
		}
		x := l.life(d.Request)
		if len(x.steps) == mostSteps {
			x.left++
			continue
		}
		x.steps = append(x.steps, lifeStep{it.Start, it.End, it.Replica, d.Tokens})
	}
}

// Transfer implements metrics.TransferObserver.
func (l *Timeline) Transfer(t *metrics.Transfer) {
	if l.sample.wants(t.Request) {
		copied := *t
		l.life(t.Request).transfer = &copied
	}
}

func (l *Timeline) life(id int) *life {
	x := l.lives[id]
	if x == nil {
		x = new(life)
		l.lives[id] = x
	}
	return x
}

// draw draws the life of a request: queued, prefill, decode, and within these its
// chunks and the times for which it was preempted.
func (r *reply) draw(t *trace, group int) {
	track := t.child(group, fmt.Sprintf("request %d", r.id))
	if !r.served {
		t.instant(track, r.finish, r.outcome.String())
		return
	}
	first, last := r.arrival+r.tokens[0], r.arrival+r.tokens[len(r.tokens)-1]
	about := []annotation{
		{name: "prompt tokens", number: int64(r.prompt)}, {name: "output tokens", number: int64(len(r.tokens))},
		{name: "preemptions", number: int64(r.preemptions)}, {name: "tenant", text: r.tenant},
	}
	t.slice(track, r.arrival, r.admitted, "queued", about...)
	t.begin(track, r.admitted, "prefill", about...)
	r.life.draw(t, track, r.admitted, first)
	t.end(track, first)
	t.begin(track, first, "decode", about...)
	r.life.draw(t, track, first, last)
	t.end(track, last)
	if r.life != nil && r.life.left > 0 {
		t.instant(track, last, fmt.Sprintf("%d more chunks and preemptions", r.life.left))
	}
}

// draw draws the steps that start from one time on and before another. A preempted
// request waits until its next chunk starts.
func (x *life) draw(t *trace, track int, from, to time.Duration) {
	if x == nil {
		return
	}
	for i, s := range x.steps {
		if s.from < from || s.from >= to {
			continue
		}
		if s.tokens > 0 {
			t.slice(track, s.from, min(s.to, to), fmt.Sprintf("%d tokens", s.tokens), annotation{name: "replica", number: int64(s.replica)})
			continue
		}
		until := to
		if i+1 < len(x.steps) {
			until = min(to, x.steps[i+1].from)
		}
		t.slice(track, s.from, until, "preempted", annotation{name: "replica", number: int64(s.replica)})
	}
}

// drawTransfers draws how the KV caches of requests waited and were copied, if any were.
func drawTransfers(t *trace, all []*reply) {
	group := -1
	for _, r := range all {
		if r.life == nil || r.life.transfer == nil {
			continue
		}
		if group < 0 {
			group = t.group("transfers of KV caches")
		}
		x := r.life.transfer
		name := fmt.Sprintf("request %d, replica %d to %d", x.Request, x.From, x.To)
		if x.From == x.To {
			name = fmt.Sprintf("request %d, host of replica %d", x.Request, x.To)
		}
		track := t.child(group, name)
		t.slice(track, x.Ready, x.Start, "waits for room")
		t.slice(track, x.Start, x.End, "copied", annotation{name: "tokens", number: int64(x.Tokens)})
	}
}
