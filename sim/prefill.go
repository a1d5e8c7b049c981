package sim

import (
	"time"

	"metronome/hardware"
)

// LonePrefill returns P(p): the time to first token of a request with p prompt
// tokens that has a replica to itself, with nothing cached and no client, run in
// chunks of the given token budget. It is defined for prompts of up to longest
// tokens, and takes constant time per call.
func LonePrefill(cost hardware.CostModel, budget, longest int) func(promptTokens int) time.Duration {
	whole := make([]time.Duration, longest/budget+1) // whole[i] is the time of i whole chunks
	for i := 1; i < len(whole); i++ {
		whole[i] = whole[i-1] + chunkTime(cost, budget, (i-1)*budget)
	}
	return func(promptTokens int) time.Duration {
		chunks, rest := promptTokens/budget, promptTokens%budget
		if rest == 0 {
			return whole[chunks]
		}
		return whole[chunks] + chunkTime(cost, rest, chunks*budget)
	}
}

func chunkTime(cost hardware.CostModel, tokens, cached int) time.Duration {
	var s hardware.Shape
	s.Chunk(tokens, cached)
	return cost.IterationTime(s)
}
