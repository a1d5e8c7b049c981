package report

import (
	"strconv"
	"time"

	"metronome/metrics"
)

// quantities are what runs have distributions of.
var quantities = []struct {
	name, words string
	of          func(*Run) Distribution
}{
	{"ttft", "time to first token", func(r *Run) Distribution { return Distribution{Values: &r.ttft} }},
	{"tbt", "time between tokens", func(r *Run) Distribution { return Distribution{Values: &r.tbt} }},
	{"tpot", "time per output token (TPOT)", func(r *Run) Distribution { return Distribution{Values: &r.tpot} }},
	{"scheduling-delay", "scheduling delay", func(r *Run) Distribution { return Distribution{Values: &r.delay} }},
}

// Charts returns the distributions of latencies, and what went on over time.
func (r *Run) Charts() []Chart {
	var all []Chart
	for _, q := range quantities {
		d := q.of(r)
		d.System = q.words
		if d.Values.Count() > 0 {
			all = append(all, Distributions(q.name, q.words, d))
		}
	}
	return append(all, r.LoadCharts()...)
}

// LoadCharts draws queue, batch, cache and power over time, a series each.
func (r *Run) LoadCharts() (all []Chart) {
	for _, l := range loads {
		if len(r.load.windows) == 0 || !l.known(r) {
			continue
		}
		s := l.over(r)
		all = append(all, Chart{
			Name: l.name, Title: l.finding(peak(s)), X: Axis{Label: "time (s)"}, Y: Axis{Label: l.label}, Series: []Series{s},
		})
	}
	if c, known := r.fleetChart(); known {
		all = append(all, c)
	}
	return all
}

// A kind of load, over time.
type loadKind struct {
	name, label string
	known       func(*Run) bool
	over        func(*Run) Series
	finding     func(peak float64) string
}

var loads = []loadKind{
	{"queue", "waiting requests", always,
		func(r *Run) Series { return r.mean("waiting", func(w window) float64 { return float64(w.waiting) }) }, waitingFinding},
	{"batch", "running requests", always,
		func(r *Run) Series { return r.mean("running", func(w window) float64 { return float64(w.running) }) },
		func(most float64) string { return "Up to " + significantText(most) + " requests run at a time" }},
	{"kv-cache", "KV cache used (%)", func(r *Run) bool { return r.options.Cached }, (*Run).cached,
		func(most float64) string { return "The KV cache is filled up to " + significantText(most) + " %" }},
	{"power", "power (W)", func(r *Run) bool { return r.options.Energy != nil }, (*Run).power,
		func(most float64) string { return "The GPUs draw up to " + significantText(most) + " W" }},
}

func always(*Run) bool { return true }

func waitingFinding(most float64) string {
	switch {
	case most == 0:
		return "No request waits for longer than an iteration"
	case most < 1: // in the mean of a window
		return "Requests hardly wait: " + significantText(most) + " at a time where it is most"
	}
	return "Up to " + significantText(most) + " requests wait at a time"
}

// mean draws the mean over time of a sum over the nanoseconds of a window.
func (r *Run) mean(name string, of func(window) float64) Series {
	return r.load.over(name, func(w window, from, to time.Duration) float64 { return of(w) / float64(to-from) })
}

// cached draws the share of the KV caches that is in use, of replicas while they run.
func (r *Run) cached() Series {
	return r.load.over("KV cache", func(w window, _, _ time.Duration) float64 {
		if w.all == (metrics.Sum{}) {
			return 0
		}
		return 100 * w.used.Float() / w.all.Float()
	})
}

// power draws the watts of all provisioned replicas.
func (r *Run) power() Series {
	return r.load.over("power", func(w window, from, to time.Duration) float64 {
		_, _, more := r.fleet.between(from, to)
		return 1e3*float64(w.energy)/float64(to-from) + r.options.IdleWatts + more
	})
}

// peak returns the greatest value of a series.
func peak(s Series) (most float64) {
	for _, y := range s.Y {
		most = max(most, y)
	}
	return most
}

// significantText writes a number with three significant digits.
func significantText(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
