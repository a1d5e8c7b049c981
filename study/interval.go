package study

import (
	"encoding/json"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is the share of intervals that hold the true mean.
const confidence = 0.95

// An Interval is the mean of independent values and its 95 % confidence interval
// by Student's t, Mean ± Half. Half is infinite for a single value.
type Interval struct {
	Mean, Half float64
	N          int // values
}

// NewInterval returns the interval of the mean of some values, at least one.
func NewInterval(values []float64) Interval {
	n := len(values)
	mean, sd := stat.MeanStdDev(values, nil)
	if n < 2 {
		return Interval{mean, math.Inf(1), n}
	}
	return Interval{mean, quantileT(n-1) * sd / math.Sqrt(float64(n)), n}
}

// quantileT returns how many standard errors half an interval is wide.
func quantileT(freedom int) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(freedom)}.Quantile((1 + confidence) / 2)
}

// Low returns the lower end.
func (i Interval) Low() float64 { return i.Mean - i.Half }

// High returns the upper end.
func (i Interval) High() float64 { return i.Mean + i.Half }

// Sign returns 1 if the whole interval is above 0, -1 if it is below, and 0 if
// nothing is shown.
func (i Interval) Sign() int {
	switch {
	case i.Low() > 0:
		return 1
	case i.High() < 0:
		return -1
	}
	return 0
}

// MarshalJSON writes the mean, both ends and the number of values. What is not
// finite is null.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Mean *float64 `json:"mean"`
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
		N    int      `json:"n"`
	}{finite(i.Mean), finite(i.Low()), finite(i.High()), i.N})
}

// finite returns a number for JSON: nil if it is not finite.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
