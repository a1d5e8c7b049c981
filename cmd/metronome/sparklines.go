package main

import (
	"fmt"

	"metronome/report"
	"metronome/study"
)

// sparkWidth is the width of a line of small bars.
const sparkWidth = 36

// overTime prints what went on in a run, in small bars with the peak beside them.
func (p page) overTime(x *report.Run) {
	p.title("over time")
	for _, c := range x.LoadCharts() {
		s := c.Series[0]
		values := s.Y[:max(0, len(s.Y)-1)] // the last point is where the last step ends
		peak := 0.0
		for _, v := range values {
			peak = max(peak, v)
		}
		fmt.Fprintf(p.out, "%s%-*s  up to %.3g\n", label(c.Y.Label), sparkWidth, report.Sparkline(values, sparkWidth), peak)
	}
}

// overLoad prints how figures change with the load, in a small bar for each probe.
func (p page) overLoad(probes []study.Probe) {
	p.title("by load")
	for _, f := range []struct {
		name string
		of   func(study.Probe) float64
	}{
		{"attained", func(x study.Probe) float64 { return x.Attainment }},
		{"fluid rate", func(x study.Probe) float64 { return x.TokenRate }},
		{"P99 TBT", func(x study.Probe) float64 { return x.TBT }},
	} {
		var values []float64
		for _, x := range probes {
			v := f.of(x)
			if !(v > 0) { // it may be NaN, where nobody knows it
				v = 0
			}
			values = append(values, v)
		}
		fmt.Fprintf(p.out, "%s%s\n", label(f.name), report.Sparkline(values, sparkWidth))
	}
	if n := len(probes); n > 0 {
		p.text(label("requests/s"), figure4(probes[0].Rate)+" to "+figure4(probes[n-1].Rate))
	}
}
