package study

import (
	"math"
	"strconv"
	"time"
)

// number writes a number for a sentence, with four significant digits, more if
// it is whole.
func number(x float64) string {
	if x != math.Trunc(x) {
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// share writes a share in percent.
func share(x float64) string { return number(math.Round(x*1e6)/1e4) + " %" }

// millis returns a time in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / 1e6 }

// number4 writes a number with four significant digits, whole or not.
func number4(x float64) string { return rounded(x, 4) }

// rounded writes a number with some significant digits.
func rounded(x float64, digits int) string {
	if math.IsInf(x, 0) {
		return "any"
	}
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	return strconv.FormatFloat(x, 'f', -1, 64)
}
