package report

import (
	"fmt"
	"strconv"

	"metronome/metrics"
)

// Charts returns the distributions of latencies, and what went on over time.
func (r *Run) Charts() []Chart {
	var all []Chart
	for _, d := range []struct {
		name, title string
		h           *metrics.Histogram
	}{
		{"ttft", "time to first token", &r.ttft},
		{"tbt", "time between tokens", &r.tbt},
		{"tpot", "time per output token (TPOT)", &r.tpot},
		{"scheduling-delay", "scheduling delay", &r.delay},
	} {
		if d.h.Count() > 0 {
			all = append(all, distributionChart(d.name, d.title, d.h))
		}
	}
	return append(all, r.LoadCharts()...)
}

// distributionChart draws which share of values is below each.
func distributionChart(name, title string, h *metrics.Histogram) Chart {
	s := Series{Name: title, Mark: Line}
	quantile := func(i, of int64) float64 { return h.Percentile(metrics.Ratio{Num: i, Den: of}) / 1e6 }
	for i := range int64(100) {
		s.Add(quantile(i, 100), float64(i)/100)
	}
	for i := int64(990); i <= 1000; i++ {
		s.Add(quantile(i, 1000), float64(i)/1000)
	}
	long := quantile(0, 100) > 0 && quantile(100, 100) > 8*quantile(50, 100)
	median, tail := significantText(quantile(50, 100)), significantText(quantile(99, 100))
	return Chart{
		Name:  name,
		Title: fmt.Sprintf("The %s is %s ms at the median and %s ms at P99", title, median, tail),
		X:     Axis{Label: title + " (ms)", Log: long}, Y: Axis{Label: "share below"},
		Series: []Series{s},
	}
}

// significantText writes a number with three significant digits.
func significantText(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// LoadCharts draws queue, batch, cache and power over time, a series each.
func (r *Run) LoadCharts() []Chart {
	if len(r.load.windows) == 0 {
		return nil
	}
	over := func(name, title, label string, series ...Series) Chart {
		return Chart{Name: name, Title: title, X: Axis{Label: "time (s)"}, Y: Axis{Label: label}, Series: series}
	}
	running := r.load.mean("running", func(w window, _ float64) float64 { return float64(w.running) })
	waiting := r.load.mean("waiting", func(w window, _ float64) float64 { return float64(w.waiting) })
	queue := "No request waits for longer than an iteration"
	if most := peak(waiting); most > 0 {
		queue = "Up to " + significantText(most) + " requests wait at a time"
	}
	all := []Chart{
		over("queue", queue, "waiting requests", waiting),
		over("batch", "Up to "+significantText(peak(running))+" requests run at a time", "running requests", running),
	}
	if r.options.Blocks > 0 {
		used := r.load.mean("KV cache", func(w window, _ float64) float64 { return 100 * float64(w.blocks) / float64(r.options.Blocks) })
		all = append(all, over("kv-cache", "The KV cache is filled up to "+significantText(peak(used))+" %", "KV cache used (%)", used))
	}
	if r.options.Energy != nil {
		power := r.power()
		all = append(all, over("power", "The GPUs draw up to "+significantText(peak(power))+" W", "power (W)", power))
	}
	return all
}

// power draws the watts of all replicas.
func (r *Run) power() Series {
	return r.load.mean("power", func(w window, ns float64) float64 {
		idle := max(0, float64(r.options.Replicas)*ns-float64(w.busy))
		return 1e3*float64(w.energy) + idle*r.options.IdleWatts
	})
}

// peak returns the greatest value of a series.
func peak(s Series) (most float64) {
	for _, y := range s.Y {
		most = max(most, y)
	}
	return most
}
