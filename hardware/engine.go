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
}

// OpenEngine reads engines/<name>.toml.
func OpenEngine(fsys fs.FS, name string) (Engine, error) {
	e := Engine{Name: name}
	if err := readProfile(fsys, "deployment.engine", "engines", name, &e); err != nil {
		return Engine{}, err
	}
	if !positive(1+e.IterationMicros, 1+e.SequenceMicros) {
		return Engine{}, fmt.Errorf("engines/%s.toml: iteration_us and per_sequence_us must not be negative (have %v, %v)", name, e.IterationMicros, e.SequenceMicros)
	}
	return e, nil
}

// iteration returns the seconds that every iteration takes beside its kernels.
func (e *Engine) iteration(*Deployment) float64 { return e.IterationMicros * 1e-6 }
