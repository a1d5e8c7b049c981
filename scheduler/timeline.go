package scheduler

import (
	"slices"
	"time"
)

// A timeline keeps when the latest steps ended. The token times of a member of
// the cohort are a piece of it.
type timeline struct {
	step  int             // steps taken
	first int             // step whose end is ends[0]
	ends  []time.Duration // of steps first, first+1, …, step-1

	// maxima are the steps with a longer gap before them than every later one,
	// so that the longest gap of any latest steps is found by binary search.
	maxima []stepGap
}

type stepGap struct {
	step int
	gap  time.Duration
}

// add appends a step that ended at t. At least the latest keep steps stay.
func (l *timeline) add(t time.Duration, keep int) {
	if len(l.ends) >= 2*keep {
		l.forget(len(l.ends) - keep)
	}
	if n := len(l.ends); n > 0 {
		gap := t - l.ends[n-1]
		m := len(l.maxima)
		for m > 0 && l.maxima[m-1].gap <= gap {
			m--
		}
		l.maxima = append(l.maxima[:m], stepGap{l.step, gap})
	}
	l.ends = append(l.ends, t)
	l.step++
}

// forget drops the n oldest steps.
func (l *timeline) forget(n int) {
	l.first += n
	l.ends = l.ends[:copy(l.ends, l.ends[n:])]
	old, _ := slices.BinarySearchFunc(l.maxima, l.first, bySteps)
	l.maxima = l.maxima[:copy(l.maxima, l.maxima[old:])]
}

// latest returns the ends of the n latest steps. The slice is valid until the
// next step.
func (l *timeline) latest(n int) []time.Duration { return l.ends[len(l.ends)-n:] }

// last returns the end of the latest step. There must be one.
func (l *timeline) last() time.Duration { return l.latest(1)[0] }

// longestAfter returns the longest gap between consecutive steps from the
// given one on.
func (l *timeline) longestAfter(step int) time.Duration {
	i, _ := slices.BinarySearchFunc(l.maxima, step+1, bySteps)
	if i == len(l.maxima) {
		return 0
	}
	return l.maxima[i].gap
}

func bySteps(g stepGap, step int) int { return g.step - step }
