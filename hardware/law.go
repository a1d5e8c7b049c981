package hardware

import (
	"fmt"
	"math"
	"time"
)

// A Law is the time of an iteration as a sum of terms in its shape. It is fitted to
// replies of a live system, whose kernels nobody has measured one by one. On a CPU a
// token alone is multiplied by other kernels, those for vectors, and can be far faster
// than two.
type Law struct {
	IterationMicros float64 `toml:"iteration_us"` // of every pass through the model; most engines make one per iteration
	LoneMicros      float64 `toml:"lone_us"`      // in place of it where a pass is of one token alone; 0 is no different
	DecodeMicros    float64 `toml:"decode_us"`    // of every decode in it
	ContextNanos    float64 `toml:"context_ns"`   // of every cached token that decodes read
	PromptMicros    float64 `toml:"prompt_us"`    // of every prompt token
	PairNanos       float64 `toml:"pair_ns"`      // of every pair of a prompt token and one that it attends to
}

// IterationTime implements CostModel.
func (l Law) IterationTime(s Shape) time.Duration {
	passes, lone := s.passes()
	us := l.IterationMicros * float64(passes)
	if l.LoneMicros > 0 {
		us += (l.LoneMicros - l.IterationMicros) * float64(lone)
	}
	us += l.DecodeMicros*float64(s.Decodes) + l.PromptMicros*float64(s.PrefillTokens)
	ns := l.ContextNanos*float64(s.DecodeContext) + l.PairNanos*float64(s.PrefillPairs)
	return max(1, time.Duration(math.Ceil(us*1e3+ns)))
}

// validate refuses what no law is.
func (l Law) validate() error {
	if !notNegative(l.IterationMicros, l.LoneMicros, l.DecodeMicros, l.ContextNanos, l.PromptMicros, l.PairNanos) {
		return fmt.Errorf("law: %+v (no term may be negative)", l)
	}
	return nil
}
