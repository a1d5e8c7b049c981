package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// linearTicks marks multiples of a round step, about six of them.
type linearTicks struct{}

// Ticks implements plot.Ticker.
func (linearTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	if !(most > least) {
		return []plot.Tick{{Value: least, Label: tickLabel(least)}}
	}
	step := roundStep((most - least) / 6)
	for i := math.Ceil(least / step); i*step <= most; i++ {
		v := i * step
		ticks = append(ticks, plot.Tick{Value: v, Label: tickLabel(v)})
	}
	return ticks
}

// roundStep returns the least of 1, 2 and 5 times a power of ten that is at least v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v {
			return f * power
		}
	}
	return 10 * power
}

// logTicks marks powers of ten, and over few of them their multiples too, on an axis
// of logarithms.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(least, most float64) (ticks []plot.Tick) {
	wide := most-least > math.Log10(3e3)
	for e := math.Floor(least); e <= most; e++ {
		for f := 1.0; f < 10; f++ {
			v := f * math.Pow10(int(e))
			t := plot.Tick{Value: math.Log10(v)}
			if f == 1 || !wide && (f == 2 || f == 5) {
				t.Label = tickLabel(v)
			}
			if t.Value >= least && t.Value <= most {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// tickLabel writes a round number.
func tickLabel(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
