package report

import (
	"fmt"
	"strings"

	"metronome/metrics"
)

// A Distribution is what one system has of a quantity.
type Distribution struct {
	System string // its name
	Values *metrics.Histogram
}

// Distributions draws which share of the values of each system is below a time, as
// a line for each. The quantity is in words, such as "time to first token", and name
// is that of the chart. Systems without values are left out; if all are, so is the
// chart, which has no series then.
func Distributions(name, quantity string, all ...Distribution) Chart {
	c := Chart{Name: name, X: Axis{Label: quantity + " (ms)"}, Y: Axis{Label: "share below"}}
	var tails []string
	positive, long := true, false
	for _, d := range all {
		if d.Values.Count() == 0 {
			continue
		}
		median, tail := quantile(d.Values, 50, 100), quantile(d.Values, 99, 100)
		least, most := quantile(d.Values, 0, 100), quantile(d.Values, 100, 100)
		positive, long = positive && least > 0, long || most > 8*median
		c.Series = append(c.Series, distributed(d))
		c.Title = fmt.Sprintf("The %s is %s ms at the median and %s ms at P99", quantity, significantText(median), significantText(tail))
		tails = append(tails, fmt.Sprintf("%s ms with %s", significantText(tail), d.System))
	}
	if len(tails) > 1 {
		c.Title = fmt.Sprintf("The %s is %s at P99", quantity, listed(tails))
	}
	c.X.Log = positive && long
	return c
}

// distributed draws percentiles, those of the tail ten times as dense.
func distributed(d Distribution) Series {
	s := Series{Name: d.System, Mark: Line}
	for i := range int64(100) {
		s.Add(quantile(d.Values, i, 100), float64(i)/100)
	}
	for i := int64(990); i <= 1000; i++ {
		s.Add(quantile(d.Values, i, 1000), float64(i)/1000)
	}
	return s
}

// quantile returns the value in ms below which i of so many parts are.
func quantile(h *metrics.Histogram, i, of int64) float64 {
	return h.Percentile(metrics.Ratio{Num: i, Den: of}) / 1e6
}

// listed joins words as a sentence does.
func listed(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}
