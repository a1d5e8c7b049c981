package workloads

import (
	"cmp"
	"errors"
	"math/rand/v2"
)

// A SystemPromptSpec is the table [workload.system_prompt]: every prompt begins
// with one of some shared ones, and is that much longer.
type SystemPromptSpec struct {
	Count  *int `toml:"count,omitempty"`  // how many there are; 1 unless given
	Tokens *int `toml:"tokens,omitempty"` // of each
}

// Validate names the first key whose value makes no sense.
func (s SystemPromptSpec) Validate() error {
	if s.Tokens == nil && s.Count != nil {
		return errors.New("workload.system_prompt.tokens: missing (count needs it)")
	}
	return cmp.Or(
		within("workload.system_prompt.count", s.Count, 1, 1<<20),
		within("workload.system_prompt.tokens", s.Tokens, 1, MostTokens),
	)
}

// systemPrompts puts a shared prompt, drawn for each row, before its own.
type systemPrompts struct {
	tokens   int
	prefixes []*Prefix
	random   *rand.Rand
}

// open returns nil if there are no shared prompts.
func (s SystemPromptSpec) open(seed uint64) *systemPrompts {
	if s.Tokens == nil {
		return nil
	}
	p := &systemPrompts{tokens: *s.Tokens, random: Stream(seed, "system prompt")}
	for i := range or(s.Count, 1) {
		shared := Segment{Stream: systemStreams | uint64(i), Tokens: p.tokens}
		p.prefixes = append(p.prefixes, &Prefix{Segments: []Segment{shared}})
	}
	return p
}

func (p *systemPrompts) prepend(r *row) {
	shared := p.prefixes[p.random.IntN(len(p.prefixes))]
	r.prompt += p.tokens
	if r.prefix == nil {
		r.prefix = shared
		return
	}
	r.prefix = &Prefix{Segments: append(shared.Segments[:1:1], r.prefix.Segments...)}
}

// Streams of tokens are numbered within ranges of their own: those below are
// left to the hash_ids of traces.
const (
	sessionStreams = 1 << 61
	systemStreams  = 1 << 62
)
