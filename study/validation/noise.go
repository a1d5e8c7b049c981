package validation

import (
	"fmt"
	"math"
)

// Noise returns by how many percent repeated recordings differ in the mean, by
// metric: their standard deviation relative to their mean. Recordings repeat each
// other if model, GPU, tensor parallelism and load are the same.
func (r *Report) Noise() Pools {
	groups := map[string]map[string][]float64{}
	for _, run := range r.Runs {
		w := run.Whole()
		if w == nil {
			continue
		}
		x := run.Experiment
		key := fmt.Sprint(x.Model, x.GPU, x.Tensor, x.Data, x.Stages, x.PromptTokens, x.OutputTokens, x.PrefixCaching)
		if groups[key] == nil {
			groups[key] = map[string][]float64{}
		}
		for _, f := range w.Figures {
			groups[key][f.Name] = append(groups[key][f.Name], f.Measured)
		}
	}
	all := gathered{}
	for _, g := range groups {
		for name, values := range g {
			if len(values) > 1 {
				all[name] = append(all[name], variation(values))
			}
		}
	}
	return all.pools()
}

// variation returns the standard deviation of values in percent of their mean.
func variation(values []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares/float64(len(values)-1)) / mean * 100
}
