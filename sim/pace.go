package sim

import (
	"time"

	"metronome/metrics"
)

// A pace is how fast the replicas of a tier bring prompts to their first tokens: the
// prompt tokens that were begun to be answered, over the time that iterations took
// while there were prompts, in the latest one or two windows.
type pace struct {
	waiting      int // prompt tokens of requests that have no token yet
	since        time.Duration
	latest, last spell
}

// A spell is what replicas did in a window.
type spell struct {
	tokens int
	took   time.Duration // iterations of all replicas
}

// paceWindow is long against an iteration, and short against changes of load.
const paceWindow = 10 * time.Second

// add counts an iteration of one of so many lanes of a replica, which brought the
// first tokens to so many prompt tokens.
func (p *pace) add(it *metrics.Iteration, begun, lanes int) {
	if it.Start >= p.since+paceWindow {
		p.last, p.latest, p.since = p.latest, spell{}, it.Start
	}
	p.waiting -= begun
	if it.Shape.PrefillTokens+it.Waiting > 0 {
		p.latest.tokens += begun
		p.latest.took += (it.End - it.Start) / time.Duration(lanes)
	}
}

// expect returns how long a prompt that comes now takes to its first token: those
// before it are shared by the replicas that are up, its own falls to one. It knows
// nothing before the first prompt is through, or while all replicas are down.
func (t *tier) expect(promptTokens int) (time.Duration, bool) {
	p := t.pace
	tokens, took := p.latest.tokens+p.last.tokens, p.latest.took+p.last.took
	if tokens == 0 || t.up == 0 {
		return 0, false
	}
	perToken := float64(took) / float64(tokens)
	return time.Duration(perToken * (float64(p.waiting)/float64(t.up) + float64(promptTokens))), true
}
