package figures

import (
	"metronome/metrics"
	"metronome/report"
)

// quantile returns the value of ascending ones below which a share lies, by
// linear interpolation.
func quantile(ascending []float64, share float64) float64 {
	at := share * float64(len(ascending)-1)
	i := int(at)
	if i+1 >= len(ascending) {
		return ascending[len(ascending)-1]
	}
	return ascending[i] + (at-float64(i))*(ascending[i+1]-ascending[i])
}

// median returns the middle of ascending values.
func median(ascending []float64) float64 { return quantile(ascending, 0.5) }

// distribution draws the shares below each value.
func distribution(name, system string, ascending []float64) report.Series {
	s := report.Series{Name: name, System: system, Mark: report.Line}
	for i := range 201 {
		share := float64(i) / 200
		s.Add(quantile(ascending, share), share)
	}
	return s
}

// gapDistribution draws the distribution of gaps, in ms, its tail in more detail.
func gapDistribution(name, system string, h *metrics.Histogram) report.Series {
	s := report.Series{Name: name, System: system, Mark: report.Line}
	for i := range 1000 {
		s.Add(h.Percentile(metrics.Ratio{Num: int64(i), Den: 1000})/1e6, float64(i)/1000)
	}
	return s
}

// tail returns a percentile of gaps in seconds.
func (r *run) tail(percent int64) float64 {
	return r.gaps.Percentile(metrics.Ratio{Num: percent, Den: 100}) / 1e9
}

// cumulative draws how many tokens have come by each time, with few points.
func cumulative(name, system string, times []float64) report.Series {
	s := report.Series{Name: name, System: system, Mark: report.Steps}
	s.Add(0, 0)
	for i, t := range times {
		if last := s.X[len(s.X)-1]; i+1 == len(times) || t-last > times[len(times)-1]/800 {
			s.Add(t, float64(i+1))
		}
	}
	return s
}
