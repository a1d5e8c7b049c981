package metrics

import "time"

// ScoreOf returns how a completion kept its deadlines at a target between tokens.
func ScoreOf(c *Completion, target time.Duration) Score {
	var s Score
	s.read(c, target)
	return s
}
