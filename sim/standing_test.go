package sim

import (
	"context"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A guard knows how replicas stand, and what they do nevertheless.
type guard struct {
	*lives
	down        map[int]string
	words       map[string]bool
	at          time.Duration
	told, fault int
}

func (g *guard) Standing(s *metrics.Standing) {
	if s.At < g.at || s.Slow < 1 {
		g.fault++
	}
	g.at, g.down[s.Replica] = s.At, s.Down
	g.words[s.Down] = true
	g.told++
}

func (g *guard) Iteration(it *metrics.Iteration) {
	g.lives.Iteration(it)
	if down := g.down[it.Replica]; it.Start > g.at && (down == "crashed" || down == "off") {
		g.fault++
	}
}

// Standings come in order of time, and a replica that is said to be down runs nothing.
func TestStandingsTellWhoServes(t *testing.T) {
	told, words := 0, map[string]bool{}
	for seed := range uint64(80) {
		g := &guard{lives: newLives(), down: map[int]string{}, words: map[string]bool{}}
		c := randomSetting(scheduler.Kinds()[int(seed)%len(scheduler.Kinds())].Name, seed).config(g)
		trouble(&c, seed)
		if err := Run(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		if g.fault > 0 {
			t.Errorf("seed %d: %d times a replica that was down ran, or the order was wrong", seed, g.fault)
		}
		told += g.told
		for word := range g.words {
			words[word] = true
		}
	}
	for _, word := range []string{"", "crashed", "off", "starting", "draining"} {
		if !words[word] {
			t.Errorf("of %d standings none was %q", told, word)
		}
	}
}
