package study

import (
	"errors"
	"fmt"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/workloads"
)

// appraise finds the prices that are not written, and checks that a router that
// learns has something to learn.
func (p *Plan) appraise() error {
	if !p.offering() {
		if _, learns := p.newRouter(nil).(scheduler.Learner); learns {
			return about("router.policy", fmt.Errorf("router.policy: %q (needs [[pool]] tables with a quality each)", p.router.Name))
		}
		if w := p.Experiment.Router.PriceWeight; w != nil {
			return at("router.price_weight", fmt.Errorf("%v (needs [[pool]] tables with a quality each)", *w))
		}
		return nil
	}
	if err := p.graded(); err != nil {
		return err
	}
	for i, pool := range p.Pools {
		if err := pool.appraise(p.Survey); err != nil && p.Experiment.Router.PriceWeight != nil {
			key := fmt.Sprintf("pool.%d.prompt_price", i)
			return about(key, fmt.Errorf("%s: missing (%w)", key, err))
		}
	}
	return nil
}

// appraise sets the prices of a pool that are not written to what its GPUs cost at
// full load: while they only compute prompts of mean length, or only decode as many
// replies as they hold.
func (p *Pool) appraise(s workloads.Survey) error {
	x := &p.Spec
	perHour, known := p.Deployment.PricePerHour()
	if !known && (x.PromptPrice == nil || x.OutputPrice == nil) {
		return errors.New("the profile of the GPU has no price")
	}
	lanes := max(1, p.Deployment.Pipeline)
	for _, price := range []struct {
		of   **float64
		load hardware.Shape
	}{{&x.PromptPrice, p.prompts(s)}, {&x.OutputPrice, p.replies(s, lanes)}} {
		if *price.of == nil {
			hours := p.cost.IterationTime(price.load).Hours() / float64(lanes)
			perMillion := perHour * hours / float64(price.load.Tokens()) * 1e6
			*price.of = &perMillion
		}
	}
	return nil
}

// prompts returns an iteration of as many prompts of mean length as the token budget holds.
func (p *Pool) prompts(s workloads.Survey) (load hardware.Shape) {
	tokens := max(1, int(s.MeanPrompt()))
	for range max(1, *p.Spec.Scheduler.TokenBudget/tokens) {
		load.Chunk(tokens, 0)
	}
	return load
}

// replies returns an iteration of a lane that decodes as many replies as slots and
// cache hold, halfway through their mean length.
func (p *Pool) replies(s workloads.Survey, lanes int) (load hardware.Shape) {
	x := p.Spec.Scheduler
	held := p.Blocks * *x.BlockSize / max(1, int(s.MeanPrompt()+s.MeanOutput()))
	load.Decodes = max(1, min(*x.MaxSequences, held)/lanes)
	load.DecodeContext = load.Decodes * int(s.MeanPrompt()+s.MeanOutput()/2)
	return load
}
