package calibration

import (
	"fmt"
	"math"
	"strings"
)

// parts is into how many parts the replies are divided to tell how sure the fit is.
const parts = 8

// errors returns the standard error of each logarithm, by the jackknife: the law is
// looked for again with a part of the replies left out, each in turn. What the data do
// not tell moves freely.
func (f *fitter) errors(best []float64) []float64 {
	all := make([]float64, len(best))
	var found [][]float64
	for f.without = range parts {
		if x, _ := f.search(best, 300); x != nil {
			found = append(found, x)
		}
	}
	f.without = none
	for j := range all {
		mean := 0.0
		for _, x := range found {
			mean += x[j] / float64(len(found))
		}
		for _, x := range found {
			all[j] += (x[j] - mean) * (x[j] - mean)
		}
		all[j] = math.Sqrt(all[j] * float64(parts-1) / parts)
	}
	return all
}

// Unknown returns an error that names the terms that the data do not tell, and the load
// that would; nil if there are none.
func (f *Fit) Unknown() error {
	var all []string
	for _, t := range f.Terms {
		if t.Unknown {
			all = append(all, fmt.Sprintf("%s (it takes %s)", t.Name, t.Load))
		}
	}
	if all == nil {
		return nil
	}
	return fmt.Errorf("calibration: the runs do not tell %s", strings.Join(all, ", nor "))
}
