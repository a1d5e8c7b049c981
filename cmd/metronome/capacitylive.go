package main

import (
	"context"
	"fmt"
	"io"
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

// onLive makes the search probe an endpoint: one probe after the other, and one
// seed and few requests unless more are asked for.
func (s *capacity) onLive(c *cobra.Command, e *study.Experiment, o study.Options) error {
	switch {
	case s.live.target.model == "":
		return fmt.Errorf("--live: no model (it needs --model)")
	case s.live.coolDown < 0:
		return fmt.Errorf("--cool-down: %v (must not be negative)", s.live.coolDown)
	}
	if err := oneClient(e); err != nil {
		return err
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
	first := true
	s.Measure = func(ctx context.Context, e *study.Experiment) (*metrics.Report, error) {
		if !first {
			time.Sleep(s.live.coolDown)
		}
		first = false
		return probeLive(ctx, e, o, endpoint, prompter)
	}
	return nil
}

// probeLive loads the endpoint once.
func probeLive(ctx context.Context, e *study.Experiment, o study.Options, endpoint *live.Endpoint, prompter *live.Prompter) (*metrics.Report, error) {
	w, err := workloads.Open(e.Workload.Spec, workloads.Options{Seed: e.Seed, Profiles: o.Profiles})
	if err != nil {
		return nil, err
	}
	survey, err := w.Survey()
	if err != nil {
		return nil, err
	}
	m := &measurement{
		measuring:  &measuring{runFlags: runFlags{quiet: true}},
		experiment: e, workload: w, endpoint: endpoint, prompter: prompter,
		scoring: scoringOf(e, w, survey), stderr: io.Discard,
	}
	return m.load(ctx, new(liveFiles))
}
