package hardware

import (
	"cmp"
	"fmt"
	"math"
)

// Defaults of the [deployment] table.
const (
	DefaultGPU               = "h100-sxm"
	DefaultModel             = "llama-3.1-8b"
	DefaultEngine            = "vllm-0.15"
	DefaultMemoryUtilization = 0.9
)

// A Spec is the [deployment] table of an experiment. A field that was not
// written is nil or empty.
type Spec struct {
	GPU         string    `toml:"gpu,omitempty"`
	Model       string    `toml:"model,omitempty"` // a name, or the path of a Hugging Face config.json
	Precision   Precision `toml:"precision,omitempty"`
	KVPrecision Precision `toml:"kv_precision,omitempty"`
	Engine      string    `toml:"engine,omitempty"`
	CostModel   string    `toml:"cost_model,omitempty"`

	TensorParallel   *int `toml:"tensor_parallel,omitempty"`   // ranks that share every matrix
	PipelineParallel *int `toml:"pipeline_parallel,omitempty"` // stages that share the layers
	ExpertParallel   *int `toml:"expert_parallel,omitempty"`   // ranks that share the experts
	DataParallel     *int `toml:"data_parallel,omitempty"`     // ranks of attention, each with its own batch
	Replicas         *int `toml:"replicas,omitempty"`

	ExpertImbalance *float64 `toml:"expert_imbalance,omitempty"` // tokens of the busiest rank of experts over the mean; 1 is balanced

	MemoryUtilization *float64 `toml:"memory_utilization,omitempty"` // share of GPU memory that the engine may take
	MaxModelLen       *int     `toml:"max_model_len,omitempty"`      // longest context of a sequence, tokens
	KVBlocks          *int     `toml:"kv_blocks,omitempty"`          // 0 computes them from the memory
	OffloadGiB        *float64 `toml:"kv_offload_gib,omitempty"`     // memory of the host of a replica for copies of KV blocks
	PricePerHour      *float64 `toml:"price_per_hour,omitempty"`     // dollars for a GPU; the profile's if not written
}

// Resolve returns the spec with its defaults filled in. MaxModelLen stays nil
// where the model decides.
func (s Spec) Resolve() (Spec, error) {
	s.GPU = cmp.Or(s.GPU, DefaultGPU)
	s.Model = cmp.Or(s.Model, DefaultModel)
	s.Precision = cmp.Or(s.Precision, BF16)
	s.Engine = cmp.Or(s.Engine, DefaultEngine)
	for _, n := range []**int{&s.TensorParallel, &s.PipelineParallel, &s.ExpertParallel, &s.DataParallel, &s.Replicas} {
		fill(n, 1)
	}
	fill(&s.KVBlocks, 0)
	fill(&s.OffloadGiB, 0)
	fill(&s.ExpertImbalance, 1)
	fill(&s.MemoryUtilization, DefaultMemoryUtilization)
	if s.KVPrecision == "" {
		s.KVPrecision = BF16
	}
	return s, s.Validate()
}

// Validate reports the first key that is out of its range, without looking at
// profiles.
func (s Spec) Validate() error {
	return cmp.Or(
		s.validatePrecisions(),
		within("tensor_parallel", s.TensorParallel, 1, 1024),
		within("pipeline_parallel", s.PipelineParallel, 1, 1024),
		within("expert_parallel", s.ExpertParallel, 1, 1024),
		within("data_parallel", s.DataParallel, 1, 1024),
		within("replicas", s.Replicas, 1, 1<<20),
		within("max_model_len", s.MaxModelLen, 1, 1<<30),
		within("kv_blocks", s.KVBlocks, 0, 1<<40),
		s.validateShares(),
	)
}

func (s Spec) validatePrecisions() error {
	if err := cmp.Or(s.Precision, BF16).validate("deployment.precision", false); err != nil {
		return err
	}
	return cmp.Or(s.KVPrecision, BF16).validate("deployment.kv_precision", true)
}

func (s Spec) validateShares() error {
	if p := s.PricePerHour; p != nil && !positive(*p) {
		return fmt.Errorf("deployment.price_per_hour: %v (must be a finite number above 0)", *p)
	}
	if x := s.OffloadGiB; x != nil && !(*x >= 0 && *x <= 1<<20) {
		return fmt.Errorf("deployment.kv_offload_gib: %v (must be 0 to %d)", *x, 1<<20)
	}
	if x := s.ExpertImbalance; x != nil && !(*x >= 1 && *x <= 1024) {
		return fmt.Errorf("deployment.expert_imbalance: %v (must be 1 to 1024)", *x)
	}
	u := s.MemoryUtilization
	if u != nil && !(*u > 0 && *u <= 1) {
		return fmt.Errorf("deployment.memory_utilization: %v (must be above 0 and at most 1)", *u)
	}
	return nil
}

func within(key string, value *int, least, most int) error {
	if value != nil && (*value < least || *value > most) {
		return fmt.Errorf("deployment.%s: %d (must be %d to %d)", key, *value, least, most)
	}
	return nil
}

func fill[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}

// positive reports whether every value is finite and above 0.
func positive(values ...float64) bool {
	for _, v := range values {
		if !(v > 0) || math.IsInf(v, 1) {
			return false
		}
	}
	return true
}

// notNegative reports whether every value is finite and at least 0.
func notNegative(values ...float64) bool {
	for _, v := range values {
		if !(v >= 0) || math.IsInf(v, 1) {
			return false
		}
	}
	return true
}
