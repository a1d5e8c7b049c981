package main

import (
	"math"
	"strconv"

	"metronome/metrics"
)

// missing stands for a figure that nobody knows.
const missing = "–"

// show returns a figure of a report with four significant digits, counts with all.
func show(r *metrics.Report, key string) string {
	x, ok := r.Lookup(key)
	if !ok {
		return missing
	}
	return figure(x)
}

func figure(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return missing
	}
	if x != 0 && math.Abs(x) < leastPlain {
		return strconv.FormatFloat(x, 'e', 2, 64) // as narrow as a column
	}
	decimals := 0
	if x != math.Trunc(x) {
		decimals = max(0, 3-int(math.Floor(math.Log10(math.Abs(x)))))
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// leastPlain is the least figure without an exponent.
const leastPlain = 1e-4

// percent returns a share with four significant digits. A share below 1 is never
// shown as 100 %.
func percent(share float64) string {
	if share < 1 && share > 0.9999 {
		return "> 99.99 %"
	}
	text := figure(math.Round(share*1e6) / 1e4)
	return text + " %"
}
