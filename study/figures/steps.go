package figures

import (
	"time"

	"metronome/hardware"
	"metronome/study"
)

// steps prices single iterations of a deployment.
type steps struct {
	hardware.CostModel
	deployment hardware.Deployment
}

func (l Lab) steps(name string, settings ...string) (steps, error) {
	p, err := l.plan(name, settings...)
	if err != nil {
		return steps{}, err
	}
	return stepsOf(p)
}

func stepsOf(p *study.Plan) (steps, error) {
	cost, err := p.Deployment.CostModel()
	return steps{cost, p.Deployment}, err
}

// prefill returns the time of a prompt that runs alone, in chunks of at most the
// given number of tokens.
func (s steps) prefill(prompt, chunk int) time.Duration {
	total := time.Duration(0)
	for cached := 0; cached < prompt; cached += chunk {
		total += s.chunk(min(chunk, prompt-cached), cached, 0, 0)
	}
	return total
}

// chunk returns the time of a chunk beside decodes that have some context each.
func (s steps) chunk(tokens, cached, decodes, context int) time.Duration {
	return s.IterationTime(shape(tokens, cached, decodes, context))
}

// decode returns the time of decodes that have some context each.
func (s steps) decode(decodes, context int) time.Duration { return s.chunk(0, 0, decodes, context) }

func shape(tokens, cached, decodes, context int) hardware.Shape {
	h := hardware.Shape{Decodes: decodes, DecodeContext: decodes * context}
	if tokens > 0 {
		h.Chunk(tokens, cached)
	}
	return h
}
