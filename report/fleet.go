package report

import (
	"slices"
	"time"

	"metronome/metrics"
)

// A fleet is how many replicas there were over time, as far as that changed.
type fleet struct {
	changes []change
	down    map[int]bool // replicas that do not serve
}

// A change is of replicas from a time on.
type change struct {
	at                   time.Duration
	provisioned, serving int
	watts                float64 // of the provisioned ones, without work
}

// Fleet implements metrics.FleetObserver.
func (r *Run) Fleet(at time.Duration, pool, delta int) {
	c := change{at: at, provisioned: delta}
	if pool < len(r.options.IdleWattsEach) {
		c.watts = float64(delta) * r.options.IdleWattsEach[pool]
	}
	r.fleet.changes = append(r.fleet.changes, c)
}

// Standing implements metrics.StandingObserver.
func (r *Run) Standing(s *metrics.Standing) {
	down := s.Down != ""
	if r.fleet.down[s.Replica] == down {
		return
	}
	if r.fleet.down == nil {
		r.fleet.down = map[int]bool{}
	}
	r.fleet.down[s.Replica] = down
	c := change{at: s.At, serving: 1}
	if down {
		c.serving = -1
	}
	r.fleet.changes = append(r.fleet.changes, c)
}

// between returns what the changes add up to, as a mean between two times.
func (f *fleet) between(from, to time.Duration) (provisioned, serving, watts float64) {
	for _, c := range f.changes {
		share := float64(max(0, to-max(from, c.at))) / float64(to-from)
		provisioned += share * float64(c.provisioned)
		serving += share * float64(c.serving)
		watts += share * c.watts
	}
	return provisioned, serving, watts
}

// fleetChart draws how many replicas there were, if that changed.
func (r *Run) fleetChart() (c Chart, known bool) {
	if len(r.fleet.changes) == 0 || len(r.load.windows) == 0 {
		return c, false
	}
	serving := r.load.over("serving", func(_ window, from, to time.Duration) float64 {
		_, n, _ := r.fleet.between(from, to)
		return float64(r.options.Replicas) + n
	})
	provisioned := r.load.over("provisioned", func(_ window, from, to time.Duration) float64 {
		n, _, _ := r.fleet.between(from, to)
		return float64(r.options.Fixed) + n
	})
	return Chart{
		Name: "replicas", Title: significantText(slices.Min(serving.Y)) + " to " + significantText(peak(serving)) + " replicas serve at a time, of up to " + significantText(peak(provisioned)) + " that are provisioned",
		X: Axis{Label: "time (s)"}, Y: Axis{Label: "replicas"}, Series: []Series{serving, provisioned},
	}, true
}
