package sim

import (
	"context"
	"fmt"
	"testing"

	"metronome/metrics"
	"metronome/scheduler"
)

// A witness holds what iterations did to single requests against their sums.
type witness struct {
	*lives
	tokens, chunks, preempted int
	of                        map[int]int // preemptions by request
	fault                     error
}

func (w *witness) Iteration(it *metrics.Iteration) {
	w.lives.Iteration(it)
	tokens, chunks, preempted := 0, 0, 0
	for d := range it.Deeds {
		if d.Preempted() {
			preempted++
			w.of[d.Request]++
			continue
		}
		chunks++
		tokens += d.Tokens
	}
	if tokens != it.Shape.PrefillTokens || chunks != it.Shape.Prefills || preempted < it.Preemptions {
		w.fault = fmt.Errorf("%d tokens in %d chunks and %d preemptions of an iteration with %+v and %d", tokens, chunks, preempted, it.Shape, it.Preemptions)
	}
	w.tokens, w.chunks, w.preempted = w.tokens+tokens, w.chunks+chunks, w.preempted+preempted
}

func (w *witness) Finished(c *metrics.Completion) {
	w.lives.Finished(c)
	if w.of[c.Request.ID] != c.Preemptions {
		w.fault = fmt.Errorf("request %d was told to be preempted %d times and was %d times", c.Request.ID, w.of[c.Request.ID], c.Preemptions)
	}
}

// What iterations do to single requests adds up to what they do.
func TestDeedsAddUpToIterations(t *testing.T) {
	chunks, preempted := 0, 0
	for _, kind := range scheduler.Kinds() {
		for seed := range uint64(60) {
			c := randomSetting(kind.Name, seed)
			w := &witness{lives: newLives(), of: map[int]int{}}
			if err := Run(context.Background(), c.config(w)); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			if w.fault != nil {
				t.Fatalf("%+v: %v", c, w.fault)
			}
			chunks, preempted = chunks+w.chunks, preempted+w.preempted
		}
	}
	if chunks == 0 || preempted == 0 {
		t.Errorf("%d chunks and %d preemptions (must have been some)", chunks, preempted)
	}
}
