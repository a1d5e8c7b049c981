package report

import (
	"fmt"
	"time"

	"metronome/metrics"
)

// mostStandings bounds the faults, and what scaling does, that a timeline keeps.
const mostStandings = 2000

// Standing implements metrics.StandingObserver.
func (l *Timeline) Standing(s *metrics.Standing) {
	if len(l.standings) == mostStandings {
		l.missed++
		return
	}
	l.standings = append(l.standings, *s)
}

// drawStandings draws when replicas could not serve, or were slow, if any were.
func (l *Timeline) drawStandings(t *trace) {
	if len(l.standings) == 0 {
		return
	}
	name := "faults and scaling"
	if l.missed > 0 {
		name += fmt.Sprintf(": the first %d changes of %d", mostStandings, mostStandings+l.missed)
	}
	group, end := t.group(name), l.standings[len(l.standings)-1].At
	if n := len(l.kept); n > 0 {
		end = max(end, l.kept[n-1].End)
	}
	tracks, open := map[int]int{}, map[int]bool{}
	for _, s := range l.standings {
		track, known := tracks[s.Replica]
		if !known {
			track = t.child(group, fmt.Sprintf("replica %d", s.Replica))
			tracks[s.Replica] = track
		}
		if open[track] {
			t.end(track, s.At)
		}
		word := standingWord(s)
		if open[track] = word != ""; open[track] {
			t.begin(track, s.At, word)
		}
	}
	closeAll(t, open, end)
}

// closeAll ends what is open on some tracks, in their order.
func closeAll(t *trace, open map[int]bool, at time.Duration) {
	for track := range t.tracks {
		if open[track] {
			t.end(track, at)
		}
	}
}

// standingWord tells what is wrong with a replica; "" if nothing is.
func standingWord(s metrics.Standing) string {
	switch {
	case s.Down != "":
		return s.Down
	case s.Slow != 1:
		return fmt.Sprintf("%s times as slow", significantText(s.Slow))
	}
	return ""
}
