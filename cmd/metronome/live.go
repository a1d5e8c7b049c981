package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"metronome/live"
	"metronome/metrics"
	"metronome/study"
	"metronome/workloads"
)

type measuring struct {
	runFlags
	target  targetFlags
	maxLag  time.Duration
	scrape  time.Duration
	lengths []int // of prompts that are profiled first
	require bool
}

func liveCommand() *cobra.Command {
	m := new(measuring)
	c := &cobra.Command{
		Use:   "live --url BASE --model NAME [EXPERIMENT.toml]",
		Short: "Load a real endpoint, and score its token times",
		Example: "  metronome live --url http://127.0.0.1:8000 --model llama --set workload.requests=100\n" +
			"  metronome live --url http://127.0.0.1:8000 --model llama --set workload.arrivals.process=closed-loop --set workload.arrivals.users=8",
		Args: cobra.MaximumNArgs(1),
		RunE: m.run,
	}
	m.target.add(c)
	flags := c.Flags()
	flags.Int64Var(&m.seed, "seed", 1, "seed of all random numbers")
	flags.StringArrayVar(&m.settings, "set", nil, "set a key of the experiment, as in `key=value`; repeatable")
	flags.DurationVar(&m.maxLag, "max-lag", 10*time.Millisecond, "P99 of the lag of sending beyond which the run is degraded")
	flags.IntSliceVar(&m.lengths, "profile-prefill", nil, "measure lone prompts of these `tokens` first, and set deadlines by them")
	flags.Lookup("profile-prefill").NoOptDefVal = strings.Trim(strings.ReplaceAll(fmt.Sprint(profileLengths), " ", ","), "[]")
	flags.DurationVar(&m.scrape, "scrape", time.Second, "interval at which /metrics of the endpoint is read; 0 is never")
	flags.BoolVar(&m.json, "json", false, "print the report as one JSON object")
	flags.StringVar(&m.out, "out", "", "write the files of the run to a `folder`")
	flags.BoolVar(&m.quiet, "quiet", false, "no warnings and no progress on stderr")
	m.addProfiles(c)
	flags.BoolVar(&m.require, "require", false, "exit 1 if the SLO does not hold, or the run is degraded")
	return c
}

func (m *measuring) run(c *cobra.Command, args []string) error {
	if err := m.check(); err != nil {
		return err
	}
	o, err := m.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	e, err := m.experiment(c, args, o)
	if err != nil {
		return err
	}
	load, err := e.Load(o)
	if err != nil {
		return err
	}
	endpoint, err := m.target.endpoint()
	if err != nil {
		return err
	}
	x := &measurement{measuring: m, Load: load, endpoint: endpoint, scoring: load.Metrics(), stderr: c.ErrOrStderr()}
	x.client.MostLag = m.maxLag
	return x.measure(c, o)
}

// check refuses flags that are missing or have no meaning.
func (m *measuring) check() error {
	switch {
	case m.target.url == "" || m.target.model == "":
		return errors.New("live: no endpoint or no model (it needs --url and --model)")
	case m.scrape < 0:
		return fmt.Errorf("--scrape: %v (must not be negative)", m.scrape)
	case m.maxLag < 0:
		return fmt.Errorf("--max-lag: %v (must not be negative)", m.maxLag)
	}
	return m.checkLengths()
}

// A measurement is a live run in progress.
type measurement struct {
	*measuring
	*study.Load
	endpoint *live.Endpoint
	scoring  metrics.Options
	stderr   io.Writer

	prompter *live.Prompter
	client   live.Client
	server   *live.Watch
	summary  live.Summary

	prefills  *live.Profile // nil if they were not asked for
	simulated func(promptTokens int) time.Duration
}

func (m *measurement) measure(c *cobra.Command, o study.Options) (err error) {
	ctx := c.Context()
	if m.prompter, err = live.Prompts(ctx, m.endpoint, workloads.Stream(m.Experiment.Seed, "calibration")); err != nil {
		return ended(err)
	}
	if err := m.profile(ctx, o); err != nil {
		return err
	}
	files, err := m.open()
	if err != nil {
		return err
	}
	defer files.Discard()
	r, err := m.load(ctx, files)
	if err != nil {
		return failure{err}
	}
	if err := files.draw(m, r); err != nil {
		return failure{err}
	}
	if err := files.Keep(r.JSON(head(m.Experiment.Seed)...)); err != nil {
		return failure{err}
	}
	if err := write(c, m.format(r)); err != nil {
		return err
	}
	for _, text := range r.Warnings {
		m.warn(m.stderr)(text)
	}
	switch {
	case ctx.Err() != nil:
		return cutShort{}
	case m.require && !r.Holds():
		return failure{errors.New("the SLO does not hold")}
	case m.require && m.client.Degraded():
		return failure{errors.New("the run is degraded")}
	}
	return nil
}

// cutShort says that the user stopped a run whose score was printed nevertheless.
type cutShort struct{}

func (cutShort) Error() string {
	return "interrupted; the score is of the requests that were done with"
}
func (cutShort) Is(target error) bool { return target == errInterrupted }

// load plays the workload and returns the report.
func (m *measurement) load(ctx context.Context, files *liveFiles) (*metrics.Report, error) {
	source, err := m.Workload.Source()
	if err != nil {
		return nil, err
	}
	spec, set := m.Experiment.Workload.Spec, metrics.New(m.scoring)
	shown := m.progress()
	start := time.Now()
	s := &live.Session{
		Endpoint: m.endpoint, Prompter: m.prompter, Source: source, Seed: m.Experiment.Seed,
		MaxInFlight: valueOr(spec.MaxInFlight, 0), Timeout: valueOr(spec.Timeout, live.DefaultTimeout),
		Sending: shown.sending, Pulse: shown.beats(),
		Ended: func(x *live.Exchange) {
			done := x.Completion(live.FirstDeadline(m.scoring))
			m.client.Add(x, start)
			set.Finished(done)
			files.add(x, done)
			shown.ended(done)
		},
	}
	if m.scrape > 0 {
		m.server = m.endpoint.Watch(context.WithoutCancel(ctx), m.scrape)
	}
	start = time.Now()
	m.summary, err = s.Run(ctx)
	shown.end()
	if m.server != nil {
		m.server.Stop()
	}
	r := set.Report()
	r.Rows = append(r.Rows, m.client.Rows(m.summary)...)
	if m.server != nil {
		r.Rows = append(r.Rows, m.server.Rows()...)
	}
	r.Rows = append(r.Rows, m.prefillRows()...)
	r.Warnings = append(r.Warnings, m.client.Warnings(m.summary)...)
	return r, err
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// format returns the report as JSON or for people.
func (m *measurement) format(r *metrics.Report) []byte {
	if m.json {
		return r.JSON(head(m.Experiment.Seed)...)
	}
	var b bytes.Buffer
	p := page{&b, r}
	p.print(m.assumed())
	if m.prefills != nil {
		p.prefill(m.prefills.Points)
	}
	p.client()
	p.server()
	return b.Bytes()
}

// assumed returns what the report rests on.
func (m *measurement) assumed() []assumption {
	slo, w := m.scoring.SLO, m.Experiment.Workload.Spec
	first := "none: nothing is known of a lone prefill (slo.prefill takes a curve)"
	if m.scoring.Prefill != nil {
		first = fmt.Sprintf("D_p = P + %v, P by %s", slo.TTFTSlack, m.scoring.Reference)
	}
	sent := strings.TrimPrefix(fmt.Sprintf("%s, %s", cmp.Or(w.Trace, w.Source), arrivals(w.Arrivals)), ", ")
	if _, merged := m.Workload.(workloads.Tenants); merged {
		sent = fmt.Sprintf("of %d tenants", len(m.Experiment.Tenants))
	}
	all := []assumption{
		{"endpoint", m.endpoint.Model},
		{"workload", fmt.Sprintf("%s, seed %d", sent, m.Experiment.Seed)},
		{"prompts", "random, of a length met by " + m.prompter.Way},
		{"latency", "from when a request should have been sent, not from when it was"},
		{"first deadline", first},
		{"later deadlines", fmt.Sprintf("D_d = %v, index %s", slo.TBT, slo.Index)},
	}
	return append(all, tenants(&m.Experiment)...)
}

// rate returns a rate of the workload for bench.json, 0 if it has none.
func rate(w workloads.Spec) float64 {
	if w.Arrivals.Rate == nil || math.IsInf(*w.Arrivals.Rate, 0) {
		return 0
	}
	return *w.Arrivals.Rate
}
