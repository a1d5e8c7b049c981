package calibration

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// errors returns the standard error of each logarithm: by how much terms can be moved,
// together, before the ratios of all replies are worse than chance has it. Terms that
// can stand in for each other are all unsure, and what makes no difference infinitely.
func (f *fitter) errors(best []float64) []float64 {
	at, effects := f.off(best), f.effects(best)
	if f.err != nil {
		return nil
	}
	var products mat.SymDense
	products.SymOuterK(1, effects.T())
	return standardErrors(&products, spread(at, len(best)))
}

// spread returns the standard deviation of the ratios around 1, for as many terms as
// were fitted.
func spread(ratios []float64, terms int) float64 {
	squares := 0.0
	for _, r := range ratios {
		squares += (r - 1) * (r - 1)
	}
	return math.Sqrt(squares / float64(max(1, len(ratios)-terms)))
}

// standardErrors returns those of the terms whose products of effects are given.
func standardErrors(products *mat.SymDense, spread float64) []float64 {
	n := products.SymmetricDim()
	all := make([]float64, n)
	var eigen mat.EigenSym
	if !eigen.Factorize(products, true) {
		for i := range all {
			all[i] = math.Inf(1)
		}
		return all
	}
	var directions mat.Dense
	eigen.VectorsTo(&directions)
	for k, value := range eigen.Values(nil) {
		for i := range all {
			part := directions.At(i, k)
			all[i] += part * part / max(value, 1e-12)
		}
	}
	for i := range all {
		all[i] = spread * math.Sqrt(all[i])
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
