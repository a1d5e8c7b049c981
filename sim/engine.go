// Package sim runs clusters of replicas in simulated time.
//
// There are only a few types: an Engine wakes Actors, a feed hands out the
// arrivals of a workload, and a Replica runs one iteration after another.
package sim

import (
	"context"
	"math"
	"time"
)

// Never is later than any event.
const Never = time.Duration(math.MaxInt64)

// An Actor has exactly one next thing to do.
type Actor interface {
	// Wake acts at time now and returns when to be woken next. Until is the
	// earliest wake-up of any other actor: what happens before it happens in the
	// order it would have had anyway, so the actor may go on by itself till then.
	Wake(now, until time.Duration) time.Duration
}

// An Engine wakes actors in order of time and, at equal times, in the order
// they were added. Its zero value has no actors. It allocates only in Add.
type Engine struct {
	heap   []int // of actors, ordered by before
	at     []time.Duration
	pos    []int // of an actor in the heap
	actors []Actor
}

// Add adds an actor that sleeps, and returns its number.
func (e *Engine) Add(a Actor) int {
	id := len(e.actors)
	e.actors = append(e.actors, a)
	e.at = append(e.at, Never)
	e.pos = append(e.pos, id)
	e.heap = append(e.heap, id)
	return id
}

// WakeAt brings the next wake-up of an actor forward to t.
func (e *Engine) WakeAt(id int, t time.Duration) {
	if t < e.at[id] {
		e.at[id] = t
		e.up(e.pos[id])
	}
}

// checkEvery is how many wake-ups pass between two looks at the context.
const checkEvery = 256

// Run wakes actors until all of them sleep forever, or ctx is done.
func (e *Engine) Run(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		id := e.heap[0]
		now := e.at[id]
		if now == Never {
			return nil
		}
		e.at[id] = Never // so that a WakeAt from within Wake is kept
		e.down(0)
		e.WakeAt(id, e.actors[id].Wake(now, e.at[e.heap[0]]))
	}
}

func (e *Engine) before(a, b int) bool {
	return e.at[a] < e.at[b] || e.at[a] == e.at[b] && a < b
}

func (e *Engine) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !e.before(e.heap[i], e.heap[p]) {
			return
		}
		e.swap(i, p)
		i = p
	}
}

func (e *Engine) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(e.heap) {
			return
		}
		if r := c + 1; r < len(e.heap) && e.before(e.heap[r], e.heap[c]) {
			c = r
		}
		if !e.before(e.heap[c], e.heap[i]) {
			return
		}
		e.swap(i, c)
		i = c
	}
}

func (e *Engine) swap(i, j int) {
	e.heap[i], e.heap[j] = e.heap[j], e.heap[i]
	e.pos[e.heap[i]], e.pos[e.heap[j]] = i, j
}
