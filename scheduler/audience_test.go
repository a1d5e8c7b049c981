package scheduler

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func listeners(noReset bool, replies ...int) *audience {
	a := &audience{gap: 20_000, noReset: noReset, catchUp: 8000}
	for _, n := range replies {
		a.replies.add(n)
	}
	return a
}

func TestOwesWhatCountingStepsSays(t *testing.T) {
	for _, noReset := range []bool{false, true} {
		a := listeners(noReset)
		r := rand.New(rand.NewPCG(1, 2))
		for range 100_000 {
			early, n, lasts := 1000*float64(r.IntN(400)-200)+700, r.IntN(30), 1000*float64(r.IntN(60))+500
			if !noReset {
				early = max(early, 0)
			}
			want, lag := 0, -early
			for range n {
				lag += lasts - float64(a.gap)
				want += a.debt(time.Duration(math.Ceil(lag)))
				if !noReset {
					lag = min(lag, 0)
				}
			}
			if noReset && lag > 0 {
				want += 10 * int(math.Ceil(lag/a.catchUp))
			}
			got := a.owesAfter(early, float64(n), lasts)
			// The no-reset count is rounded once, not for the steps and for catching up;
			// of longer steps the first that is late misses less than the others.
			off := 10
			if !noReset {
				off = 9 * int(lasts/float64(a.gap)-1)
			}
			if max(got-want, want-got) > max(off, 0) {
				t.Fatalf("no-reset %v: %v ns early, %d steps of %v ns: owes %d, counted %d", noReset, early, n, lasts, got, want)
			}
		}
	}
}

func TestRepliesForgiveUpToTheirDeadline(t *testing.T) {
	for _, noReset := range []bool{false, true} {
		for n := range 200 {
			a := listeners(noReset, n)
			until := a.forgives(n)
			if a.begins(until-0.5) != 1 || a.begins(until+float64(a.gap)) != 0 && n > 0 {
				t.Fatalf("no-reset %v: a reply of %d tokens forgives %v ns, with chances %v before and %v after",
					noReset, n, until, a.begins(until-0.5), a.begins(until+float64(a.gap)))
			}
		}
	}
}

func TestChanceIsTheShareOfRepliesThatGoOnLongEnough(t *testing.T) {
	a, b, s := listeners(false, 10, 20, 30, 40, 50), &Batch{}, &Sequence{Emitted: 15}
	s.due = a.gap
	for _, c := range []struct {
		owes, steps int
		want        float64
	}{
		{0, 0, 1}, {15, 0, 1}, {16, 0, 1}, {21, 0, 0.75}, {45, 0, 0.25}, {51, 0, 0},
		{45, 10, 1. / 3}, {45, 30, 1}, {60, 40, 0},
	} {
		s.owes = c.owes
		if got := a.goesOn(b, s, c.steps, float64(a.gap)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("owes %d after %d steps: %v (want %v)", c.owes, c.steps, got, c.want)
		}
	}
}

func TestReadersAreHeardOnceAStep(t *testing.T) {
	a, b := listeners(true), &Batch{}
	s := &Sequence{Emitted: 1, own: []time.Duration{100_000}, Deadline: 90_000}
	s.decoding = true
	b.fresh = []*Sequence{s}
	a.update(b)
	a.update(b)
	if len(a.readers) != 1 || s.owes != 10 || s.due != 110_000 {
		t.Fatalf("%d readers, owes %d, due %v (want 1, 10, 110µs)", len(a.readers), s.owes, s.due)
	}
	b.fresh = nil
	b.opens, b.due = make([]int, 1), make([]*Sequence, 1)
	b.advance(111_000)
	a.update(b)
	a.update(b)
	if s.owes != 20 || s.due != 130_000 {
		t.Fatalf("owes %d, due %v (want 20, 130µs)", s.owes, s.due)
	}
	s.decoding = false
	if a.update(b); len(a.readers) != 0 {
		t.Fatal("a sequence that has left is still a reader")
	}
}
