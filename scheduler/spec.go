package scheduler

import (
	"errors"
	"fmt"
)

// Defaults of the [scheduler] table.
const (
	DefaultPolicy       = "vllm"
	DefaultMaxSequences = 256
	DefaultBudget       = 2048
	DefaultBlockSize    = 16
)

// A Spec is the [scheduler] table of an experiment. Keys that only one policy
// knows are fields of that policy.
type Spec struct {
	Policy               string `toml:"policy"`
	MaxSequences         *int   `toml:"max_sequences"`          // most sequences admitted at once
	TokenBudget          *int   `toml:"token_budget"`           // most tokens per iteration
	BlockSize            *int   `toml:"block_size"`             // tokens per KV block
	MaxOutputTokens      *int   `toml:"max_output_tokens"`      // bound on every reply
	LongPrefillThreshold *int   `toml:"long_prefill_threshold"` // prompt tokens of one sequence per iteration; 0 is no limit
	PrefixCaching        bool   `toml:"prefix_caching"`
	Async                *bool  `toml:"async"` // plan an iteration while the one before it runs
}

// Resolve returns the spec with its defaults filled in, for a model that takes
// at most maxModelLen tokens, and the policy that it names.
func (s Spec) Resolve(maxModelLen int) (Spec, Kind, error) {
	if s.Policy == "" {
		s.Policy = DefaultPolicy
	}
	k, err := Lookup(s.Policy)
	if err != nil {
		return s, k, err
	}
	if s.PrefixCaching && !k.Prefixes {
		return s, k, fmt.Errorf("scheduler.prefix_caching: true (policy %q has no prefix cache)", s.Policy)
	}
	fill(&s.Async, false)
	if *s.Async && !k.Async {
		return s, k, fmt.Errorf("scheduler.async: true (policy %q plans between iterations)", s.Policy)
	}
	budget, block := DefaultBudget, DefaultBlockSize
	if k.Budget != nil {
		budget = k.Budget(maxModelLen)
	}
	if k.BlockSize > 0 {
		block = k.BlockSize
	}
	fill(&s.MaxSequences, DefaultMaxSequences)
	fill(&s.TokenBudget, budget)
	fill(&s.BlockSize, block)
	fill(&s.LongPrefillThreshold, 0)
	return s, k, s.Validate()
}

// Limits returns the bounds of a resolved spec.
func (s Spec) Limits() Limits {
	l := Limits{TokenBudget: *s.TokenBudget, LongestChunk: *s.TokenBudget}
	if *s.LongPrefillThreshold > 0 {
		l.LongestChunk = min(l.LongestChunk, *s.LongPrefillThreshold)
	}
	return l
}

// Validate reports the first key that is out of its range.
func (s Spec) Validate() error {
	return errors.Join(
		within("max_sequences", s.MaxSequences, 1, 1<<20),
		within("token_budget", s.TokenBudget, 1, 1<<24),
		within("block_size", s.BlockSize, 1, 1<<14),
		within("max_output_tokens", s.MaxOutputTokens, 1, 1<<24),
		within("long_prefill_threshold", s.LongPrefillThreshold, 0, 1<<24),
	)
}

func within(key string, value *int, least, most int) error {
	if value != nil && (*value < least || *value > most) {
		return fmt.Errorf("scheduler.%s: %d (must be %d to %d)", key, *value, least, most)
	}
	return nil
}

func fill[T any](value **T, otherwise T) {
	if *value == nil {
		*value = &otherwise
	}
}
