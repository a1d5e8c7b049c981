// Package hardware tells how long a replica takes to run one iteration, and
// how much of its memory is left for the KV cache.
package hardware

import "time"

// A Shape is all that a cost model may know of an iteration. Every field is a
// sum over the batch, so that it is kept up to date without visiting it. In the hot
// path it is handed on by address: to copy words that have just been written costs
// more than to read them.
type Shape struct {
	Prefills       int // chunks of prompts
	PrefillTokens  int // Σc, prompt tokens computed
	PrefillContext int // Σp, tokens cached before their chunk, which attention reads
	PrefillPairs   int // Σ c·p + c(c+1)/2, query-key pairs of exact causal attention
	Decodes        int // sequences given one output token each
	DecodeContext  int // tokens cached for them before the step
	Passes         int // through the model, if an engine cuts the iteration up; 0 is one
	LonePasses     int // of them, those of one token alone
}

// Chunk adds a chunk of tokens that follow cached ones.
func (s *Shape) Chunk(tokens, cached int) {
	s.Prefills++
	s.PrefillTokens += tokens
	s.PrefillContext += cached
	s.PrefillPairs += tokens*cached + tokens*(tokens+1)/2
}

// Tokens returns the tokens computed; an iteration without any does not happen.
func (s *Shape) Tokens() int { return s.PrefillTokens + s.Decodes }

// passes returns how often the weights are read, and how often of them for one token.
func (s *Shape) passes() (all, lone int) {
	switch {
	case s.Passes > 0:
		return s.Passes, s.LonePasses
	case s.Tokens() == 1:
		return 1, 1
	}
	return 1, 0
}

// A CostModel predicts the duration of an iteration from its shape. It is a
// pure function: equal shapes take equal time, positive if the shape has tokens.
type CostModel interface {
	IterationTime(Shape) time.Duration
}
