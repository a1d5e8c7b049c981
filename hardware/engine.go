package hardware

import (
	"cmp"
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

	SortBytes     float64 `toml:"per_logit_bytes"` // moved for every logit, sequences times vocabulary, that is sorted for top-p
	PenaltyMicros float64 `toml:"penalty_us"`      // of every iteration in which used tokens are made less likely

	// What a request takes before it is queued and after its tokens, in all and per
	// token of its prompt: HTTP, tokenising.
	RequestMicros float64 `toml:"request_us"`
	PromptMicros  float64 `toml:"per_prompt_token_us"`

	// SyncMicros is what an all-reduce in a model takes longer than in a benchmark,
	// per doubling of the ranks: they arrive at different times.
	SyncMicros float64 `toml:"sync_us"`

	// LayerMicros is how long the host takes to launch the kernels of a layer one by
	// one. An iteration without a CUDA graph waits for the slower of host and GPU.
	LayerMicros float64 `toml:"per_layer_us"`

	// Async tells that the engine plans an iteration while the one before it runs, as
	// experiments may ask any to. Its own time is then hidden.
	Async bool `toml:"async"`

	// Graphs tells that kernels are launched as CUDA graphs, of which there is one for
	// every few sizes: an iteration takes the next of them.
	Graphs bool `toml:"graphs"`

	// EagerPrefill tells that there are graphs of decodes only, as in V0 of vLLM.
	EagerPrefill bool `toml:"eager_prefill"`

	// SharedAttention tells that the prefills and the decodes of an iteration are
	// queries of one call of an attention kernel, as in V1 of vLLM. Before, each had a
	// call of its own.
	SharedAttention bool `toml:"shared_attention"`

	// AttentionTFLOPS is the most that the attention of prefills reaches, 1e12 per
	// second, where its kernels do not use what the GPU can do; 0 if they do.
	AttentionTFLOPS float64 `toml:"attention_tflops"`

	// Law is the whole time of an iteration, whatever the GPU, where the engine was
	// measured live; nil where kernels are added up.
	Law *Law `toml:"law"`

	// Accuracy is nil where nobody held predictions against recordings.
	Accuracy *Accuracy `toml:"accuracy"`
}

// OpenEngine reads engines/<name>.toml.
func OpenEngine(fsys fs.FS, name string) (Engine, error) {
	e := Engine{Name: name}
	if err := readProfile(fsys, "deployment.engine", "engines", name, &e); err != nil {
		return Engine{}, err
	}
	if !notNegative(e.IterationMicros, e.SequenceMicros, e.PrefillMicros, e.RequestMicros, e.PromptMicros, e.SortBytes, e.PenaltyMicros, e.LayerMicros, e.SyncMicros, e.AttentionTFLOPS) {
		return Engine{}, fmt.Errorf("engines/%s.toml: times and rates must not be negative (have %+v)", name, e)
	}
	var err error
	if e.Law != nil {
		err = e.Law.validate()
	}
	if e.Accuracy != nil {
		err = cmp.Or(err, e.Accuracy.validate())
	}
	if err != nil {
		return Engine{}, fmt.Errorf("engines/%s.toml: %w", name, err)
	}
	return e, nil
}

// describe returns what the engine is and where its figures are from.
func (e Engine) describe() string { return fmt.Sprintf("%s (%s)", e.Title, e.Source) }

// seconds returns the time that an iteration of a model takes beside its kernels,
// with a memory of some bytes per second.
func (e *Engine) seconds(s *Shape, m *Model, bandwidth float64) float64 {
	sequences := float64(s.Prefills + s.Decodes)
	us := e.IterationMicros + sequences*e.SequenceMicros
	if s.Prefills > 0 {
		us += e.PrefillMicros
	}
	if m.TopP {
		us += sequences * float64(m.Vocab) * e.SortBytes / bandwidth * 1e6
	}
	if m.Penalty {
		us += e.PenaltyMicros
	}
	return us * 1e-6
}

// RequestDelay returns the time that a request spends outside the iterations:
// network, HTTP, tokenising its prompt and the first of its reply.
func (e *Engine) RequestDelay(promptTokens int) time.Duration {
	return time.Duration((e.RequestMicros + e.PromptMicros*float64(promptTokens)) * float64(time.Microsecond))
}

// mostGraph is the size of the largest graph that vLLM records by default.
const mostGraph = 512

// recorded reports whether an iteration is launched as a CUDA graph.
func (e *Engine) recorded(s *Shape) bool {
	return e.Graphs && s.Tokens() <= mostGraph && (s.PrefillTokens == 0 || !e.EagerPrefill)
}

// launches returns the seconds that the host takes to launch all layers.
func (e *Engine) launches(s *Shape, layers int) float64 {
	if e.recorded(s) {
		return 0
	}
	return e.LayerMicros * float64(layers) * 1e-6
}

// padded returns the tokens that the matrix products of an iteration compute: those
// of the least graph that holds them, at 1, 2, 4, every 8 to 256 and every 16 to 512
// (the default of vLLM).
func (e *Engine) padded(s *Shape) int {
	tokens := s.Tokens()
	switch {
	case tokens <= 2 || !e.recorded(s):
		return tokens
	case tokens <= 4:
		return 4
	case tokens <= mostGraph/2:
		return (tokens + 7) &^ 7
	}
	return (tokens + 15) &^ 15
}
