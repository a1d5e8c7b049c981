package hardware

import (
	"fmt"
	"maps"
	"slices"
)

// An Accuracy tells how far predictions with an engine were off on recordings that
// its fit had not seen. Errors are in percent by figure, such as "ttft_p99", and
// Share of the recordings were off by less.
type Accuracy struct {
	Source string   `toml:"source"` // of the recordings
	Share  float64  `toml:"share"`
	GPUs   []string `toml:"gpus"`   // profiles of the recordings
	Models []string `toml:"models"` // the same

	Run     map[string]float64 `toml:"run"`     // other runs of the GPU and of the model were fitted
	Model   map[string]float64 `toml:"model"`   // none of the model
	GPU     map[string]float64 `toml:"gpu"`     // none of the GPU
	Kernels map[string]float64 `toml:"kernels"` // none of the GPU, and kernels borrowed from another
}

// An Uncertainty is how far the predictions of a deployment are likely to be off.
type Uncertainty struct {
	Kind   string             // what of the deployment was recorded
	Source string             // of the recordings
	Share  float64            // of held-out recordings that were off by less
	Errors map[string]float64 // percent by figure, such as "ttft_p99"; "tpot" and "…_mean" are means
}

// Uncertainty returns how far predictions are likely to be off; false if nobody
// held the engine, with kernels that are added up, against recordings.
func (d *Deployment) Uncertainty() (Uncertainty, bool) {
	a := d.Engine.Accuracy
	if a == nil || d.Engine.Law != nil || d.CostModelName != "" && d.CostModelName != DefaultCostModel {
		return Uncertainty{}, false
	}
	u := Uncertainty{Kind: "GPU and model recorded", Source: a.Source, Share: a.Share, Errors: maps.Clone(a.Run)}
	model, gpu := slices.Contains(a.Models, d.Model.Name), slices.Contains(a.GPUs, d.GPU.Name)
	switch {
	case !gpu && !d.GPU.Measured():
		u.Kind = "GPU not recorded, its kernels borrowed"
		u.atLeast(a.Kernels)
	case !gpu:
		u.Kind = "GPU not recorded"
		u.atLeast(a.GPU)
	case !model:
		u.Kind = "model not recorded"
	}
	if !model {
		u.atLeast(a.Model)
	}
	return u, true
}

// atLeast raises the errors to those of another kind.
func (u *Uncertainty) atLeast(errors map[string]float64) {
	for name, e := range errors {
		u.Errors[name] = max(u.Errors[name], e)
	}
}

// validate refuses what no accuracy is.
func (a *Accuracy) validate() error {
	if !(a.Share > 0 && a.Share < 1) {
		return fmt.Errorf("accuracy.share: %v (must be above 0 and below 1)", a.Share)
	}
	for _, errors := range []map[string]float64{a.Run, a.Model, a.GPU, a.Kernels} {
		if len(errors) == 0 || !notNegative(slices.Collect(maps.Values(errors))...) {
			return fmt.Errorf("accuracy: run, model, gpu and kernels must each have errors from 0 (have %v)", errors)
		}
	}
	return nil
}

// Borrowing returns the GPU as if no kernel had been measured on it: it then has
// the efficiencies of another.
func (g GPU) Borrowing(from GPU) GPU {
	g.Kernels, g.Relative, g.relative = nil, from.Name, &from
	return g
}
