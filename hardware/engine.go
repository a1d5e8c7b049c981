package hardware

import (
	"fmt"
	"io/fs"
	"time"
)

// An Engine is what the serving software adds to the work of the GPU.
type Engine struct {
	Name   string `toml:"-"`
	Title  string `toml:"title"`
	Source string `toml:"source"`

	IterationMicros float64 `toml:"iteration_us"`    // of every iteration
	SequenceMicros  float64 `toml:"per_sequence_us"` // of every sequence in it
	PrefillMicros   float64 `toml:"prefill_us"`      // of every iteration with a chunk of a prompt
	RequestMicros   float64 `toml:"request_us"`      // of every request before it is queued, and after its tokens: HTTP, tokenising

	// SyncMicros is what an all-reduce in a model takes longer than in a benchmark,
	// per doubling of the ranks: they arrive at different times.
	SyncMicros float64 `toml:"sync_us"`

	// LayerMicros is how long the host takes to launch the kernels of a layer one by
	// one. The iteration waits for the slower of host and GPU. It is 0 with CUDA graphs.
	LayerMicros float64 `toml:"per_layer_us"`

	// Law is the whole time of an iteration, whatever the GPU, where the engine was
	// measured live; nil where kernels are added up.
	Law *Law `toml:"law"`
}

// OpenEngine reads engines/<name>.toml.
func OpenEngine(fsys fs.FS, name string) (Engine, error) {
	e := Engine{Name: name}
	if err := readProfile(fsys, "deployment.engine", "engines", name, &e); err != nil {
		return Engine{}, err
	}
	if !notNegative(e.IterationMicros, e.SequenceMicros, e.PrefillMicros, e.RequestMicros, e.LayerMicros, e.SyncMicros) {
		return Engine{}, fmt.Errorf("engines/%s.toml: times must not be negative (have %+v)", name, e)
	}
	if e.Law != nil {
		if err := e.Law.validate(); err != nil {
			return Engine{}, fmt.Errorf("engines/%s.toml: %w", name, err)
		}
	}
	return e, nil
}

// seconds returns the time that an iteration takes beside its kernels.
func (e *Engine) seconds(s Shape) float64 {
	us := e.IterationMicros + float64(s.Prefills+s.Decodes)*e.SequenceMicros
	if s.Prefills > 0 {
		us += e.PrefillMicros
	}
	return us * 1e-6
}

// RequestDelay returns the time that a request spends outside the iterations:
// network, HTTP, tokenising its prompt and the first of its reply.
func (e *Engine) RequestDelay() time.Duration {
	return time.Duration(e.RequestMicros * float64(time.Microsecond))
}

// launches returns the seconds that the host takes to launch all layers.
func (e *Engine) launches(layers int) float64 { return e.LayerMicros * float64(layers) * 1e-6 }
