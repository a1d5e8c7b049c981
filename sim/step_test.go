package sim

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A reader follows the replies of a cluster token by token, as a client does.
type reader struct {
	*lives
	cluster *Cluster
	now     time.Duration
	times   map[int][]time.Duration
}

func (r *reader) Iteration(it *metrics.Iteration) {
	r.lives.Iteration(it)
	r.cluster.Progress(it, r.read)
}

func (r *reader) Finished(c *metrics.Completion) {
	r.lives.Finished(c)
	r.read(c.Request.ID, c.Tokens())
}

func (r *reader) read(id, tokens int) {
	for len(r.times[id]) < tokens {
		r.times[id] = append(r.times[id], r.now)
	}
}

// until lets the cluster act up to a time, exclusive.
func (r *reader) until(t time.Duration) {
	for r.cluster.Next() < t {
		r.now = r.cluster.Next()
		r.cluster.Step()
	}
}

// A cluster that is handed requests when they come, and is told when clients give up,
// does what it does when it knows all that beforehand; and what it tells of its
// progress are the times of the tokens.
func TestClusterActsAlikeStepByStep(t *testing.T) {
	for _, kind := range scheduler.Kinds() {
		for seed := range uint64(60) {
			c := randomSetting(kind.Name, seed)
			want := newLives()
			if err := Run(context.Background(), c.config(want)); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			got := follow(t, c)
			if err := same(got.lives, want, c.Requests); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			for id, life := range want.of {
				if !slices.Equal(life.Times, got.times[id]) {
					t.Fatalf("%+v: request %d\n read at %v\nmade at %v", c, id, got.times[id], life.Times)
				}
			}
		}
	}
}

// follow serves the requests of a setting step by step.
func follow(t *testing.T, s setting) *reader {
	r := &reader{lives: newLives(), times: map[int][]time.Duration{}}
	var err error
	if r.cluster, err = NewCluster(s.config(r)); err != nil {
		t.Fatal(err)
	}
	requests := s.requests()
	given := 0 // requests whose clients have given up, or would have
	for i := 0; i < len(requests) || given < len(requests); {
		arrival, patience := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
		if i < len(requests) {
			arrival = requests[i].Arrival
		}
		if s.Timeout > 0 && given < i {
			patience = requests[given].Arrival + s.Timeout
		}
		if s.Timeout == 0 && i == len(requests) {
			break
		}
		r.until(min(arrival, patience))
		if patience <= arrival {
			r.cluster.Cancel(requests[given].ID, patience)
			given++
		} else {
			r.cluster.Submit(requests[i])
			i++
		}
	}
	r.until(math.MaxInt64)
	return r
}
