package report

import (
	"slices"
	"strings"
)

// Sparkline draws values, none of them negative, as a line of bars from 0 to the
// greatest, at most width characters wide. Each bar is the mean of its values.
func Sparkline(values []float64, width int) string {
	bars := []rune(" ▁▂▃▄▅▆▇█")
	if len(values) == 0 || width < 1 {
		return ""
	}
	columns := min(width, len(values))
	means := make([]float64, columns)
	for i := range means {
		from, to := i*len(values)/columns, (i+1)*len(values)/columns
		for _, v := range values[from:to] {
			means[i] += v / float64(to-from)
		}
	}
	most := slices.Max(means)
	var line strings.Builder
	for _, v := range means {
		bar := 0
		if v > 0 {
			bar = max(1, int(v/most*float64(len(bars)-1)+0.5))
		}
		line.WriteRune(bars[bar])
	}
	return line.String()
}
