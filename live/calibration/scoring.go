package calibration

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// nudge is the change of a logarithm by which the effect of a term is told: large
// enough that requests which meet or just miss each other do not decide.
const nudge = 0.05

// effects returns by how much the logarithm of each ratio changes with that of each
// term; nil if they cannot be simulated.
func (f *fitter) effects(x []float64) *mat.Dense {
	var all *mat.Dense
	for j := range x {
		up, down := f.off(moved(x, j, nudge)), f.off(moved(x, j, -nudge))
		if f.err != nil {
			return nil
		}
		if all == nil {
			all = mat.NewDense(len(up), len(x), nil)
		}
		for i := range up {
			all.Set(i, j, math.Log(up[i]/down[i])/(2*nudge))
		}
	}
	return all
}

func moved(x []float64, j int, by float64) []float64 {
	y := slices.Clone(x)
	y[j] += by
	return y
}

// descend returns where the misfit is least near x, by Fisher's scoring: steps that
// follow the effects of all terms at once, damped (Levenberg, Marquardt) as long as they
// lead nowhere.
func (f *fitter) descend(x []float64, misfit float64, steps int) ([]float64, float64) {
	damping := 1.0
	for range steps {
		effects, ratios := f.effects(x), f.off(x)
		if f.err != nil {
			return x, misfit
		}
		var products mat.SymDense
		products.SymOuterK(1, effects.T())
		for i, r := range ratios {
			ratios[i] = 1 - r
		}
		var slope mat.VecDense
		slope.MulVec(effects.T(), mat.NewVecDense(len(ratios), ratios))
		better := false
		for ; !better && damping < 1e6; damping *= 4 {
			y := stepped(x, &products, &slope, damping)
			if m := f.misfit(y); m < misfit {
				better = misfit-m > 1e-6*misfit
				x, misfit = y, m
				damping /= 16
			}
		}
		if !better {
			return x, misfit
		}
	}
	return x, misfit
}

// stepped returns x after a damped step.
func stepped(x []float64, products *mat.SymDense, slope *mat.VecDense, damping float64) []float64 {
	n := len(x)
	damped := mat.NewSymDense(n, nil)
	damped.CopySym(products)
	for i := range n {
		damped.SetSym(i, i, products.At(i, i)*(1+damping)+1e-6)
	}
	var c mat.Cholesky
	var step mat.VecDense
	if !c.Factorize(damped) || c.SolveVecTo(&step, slope) != nil {
		return x
	}
	y := slices.Clone(x)
	for i := range y {
		y[i] += max(-1, min(1, step.AtVec(i)))
	}
	return y
}
