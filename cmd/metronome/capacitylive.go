package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"metronome/live"
	"metronome/metrics"
	"metronome/study"
	"metronome/workloads"
)

// liveRequests is how many requests a probe of a live endpoint sends where nobody
// asks for a number.
const liveRequests = 200

// liveProbes are probes of a real endpoint.
type liveProbes struct {
	target   targetFlags
	coolDown time.Duration
}

func (l *liveProbes) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&l.target.url, "live", "", "probe a live endpoint at a base `URL` in place of the simulator")
	flags.StringVar(&l.target.model, "model", "", "`name` of the model at the endpoint")
	flags.StringVar(&l.target.api, "api", "completions", "completions or chat, of the endpoint")
	flags.StringVar(&l.target.keyVariable, "key-from", "OPENAI_API_KEY", "environment `variable` that holds the key of the endpoint")
	flags.DurationVar(&l.coolDown, "cool-down", 10*time.Second, "time between two probes of the endpoint")
}

// unused refuses flags of the endpoint where there is none.
func (l *liveProbes) unused(c *cobra.Command) error {
	for _, name := range []string{"model", "api", "key-from", "cool-down"} {
		if c.Flags().Changed(name) {
			return fmt.Errorf("--%s: no endpoint (it needs --live)", name)
		}
	}
	return nil
}

// onLive makes the search probe an endpoint: one probe after the other, and one
// seed and few requests unless more are asked for.
func (s *capacity) onLive(c *cobra.Command, e *study.Experiment, o study.Options) error {
	switch {
	case s.live.target.model == "":
		return fmt.Errorf("--live: no model (it needs --model)")
	case s.live.coolDown < 0:
		return fmt.Errorf("--cool-down: %v (must not be negative)", s.live.coolDown)
	}
	endpoint, err := s.live.target.endpoint()
	if err != nil {
		return err
	}
	prompter, err := live.Prompts(c.Context(), endpoint, workloads.Stream(e.Seed, "calibration"))
	if err != nil {
		return ended(err)
	}
	if !c.Flags().Changed("seeds") {
		s.Seeds = 1
	}
	if w := &e.Workload; w.Requests == nil && w.Duration == nil && w.Trace == "" {
		n := liveRequests
		w.Requests = &n
	}
	s.Workers = 1
	probes := &liveTrials{options: o, endpoint: endpoint, prompter: prompter}
	probes.trials.CoolDown = s.live.coolDown
	s.Measure = probes.measure
	return nil
}

// liveTrials are the probes of a search.
type liveTrials struct {
	options  study.Options
	endpoint *live.Endpoint
	prompter *live.Prompter
	trials   live.Trials
}

// measure loads the endpoint once.
func (l *liveTrials) measure(ctx context.Context, e *study.Experiment) (*metrics.Report, error) {
	load, err := e.Load(study.Options{Profiles: l.options.Profiles})
	if err != nil {
		return nil, err
	}
	source, err := load.Workload.Source()
	if err != nil {
		return nil, err
	}
	spec := load.Experiment.Workload.Spec
	v, err := l.trials.Run(ctx, &live.Session{
		Endpoint: l.endpoint, Prompter: l.prompter, Source: source, Seed: e.Seed,
		MaxInFlight: valueOr(spec.MaxInFlight, 0), Timeout: valueOr(spec.Timeout, live.DefaultTimeout),
	}, load.Metrics())
	return v.Report, err
}
