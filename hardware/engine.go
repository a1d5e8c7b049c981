package hardware

import (
	"fmt"
	"io/fs"
)

// An Engine is what the serving software adds to the work of the GPU.
type Engine struct {
	Name   string `toml:"-"`
	Title  string `toml:"title"`
	Source string `toml:"source"`

	IterationMicros float64 `toml:"iteration_us"`    // of every iteration
	SequenceMicros  float64 `toml:"per_sequence_us"` // of every sequence in it

	// LayerMicros is how long the host takes to launch the kernels of a layer one by
	// one. The iteration waits for the slower of host and GPU. It is 0 with CUDA graphs.
	LayerMicros float64 `toml:"per_layer_us"`
}

// OpenEngine reads engines/<name>.toml.
func OpenEngine(fsys fs.FS, name string) (Engine, error) {
	e := Engine{Name: name}
	if err := readProfile(fsys, "deployment.engine", "engines", name, &e); err != nil {
		return Engine{}, err
	}
	if !notNegative(e.IterationMicros, e.SequenceMicros, e.LayerMicros) {
		return Engine{}, fmt.Errorf("engines/%s.toml: iteration_us, per_sequence_us and per_layer_us must not be negative (have %v, %v, %v)",
			name, e.IterationMicros, e.SequenceMicros, e.LayerMicros)
	}
	return e, nil
}

// seconds returns the time that an iteration takes beside its kernels.
func (e *Engine) seconds(sequences int) float64 {
	return (e.IterationMicros + float64(sequences)*e.SequenceMicros) * 1e-6
}

// launches returns the seconds that the host takes to launch all layers.
func (e *Engine) launches(layers int) float64 { return e.LayerMicros * float64(layers) * 1e-6 }
