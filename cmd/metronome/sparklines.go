package main

import (
	"fmt"

	"metronome/report"
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
