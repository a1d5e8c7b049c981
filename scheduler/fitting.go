package scheduler

import (
	"sort"
	"time"

	"metronome/hardware"
)

// fitting returns the most tokens, up to a number, of a prompt with some tokens
// cached already, that an iteration of a shape takes beside the rest without
// lasting longer than a limit. It costs O(log most) looks at the cost model.
func fitting(cost hardware.CostModel, shape hardware.Shape, cached, most int, limit time.Duration) int {
	late := func(tokens int) bool {
		s := shape
		s.Chunk(tokens, cached)
		return cost.IterationTime(s) > limit
	}
	if most <= 0 || !late(most) {
		return most
	}
	return sort.Search(most-1, func(i int) bool { return late(i + 1) })
}
