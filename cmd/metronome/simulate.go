package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"metronome/metrics"
	"metronome/study"
)

// schema is the version of the JSON report.
const schema = 1

type simulation struct {
	runFlags
	printConfig, tokens, plots, timeline, require bool
}

func simulateCommand() *cobra.Command {
	s := new(simulation)
	c := &cobra.Command{
		Use:     "simulate [EXPERIMENT.toml]",
		Short:   "Run one experiment and report on it",
		Example: "  metronome simulate --set scheduler.policy=sarathi --set workload.arrivals.rate=12",
		Args:    cobra.MaximumNArgs(1),
		RunE:    s.run,
	}
	s.add(c)
	c.Flags().BoolVar(&s.printConfig, "print-config", false, "print the whole effective experiment, and do not run it")
	c.Flags().BoolVar(&s.tokens, "tokens", false, "write tokens.jsonl.gz too; needs --out")
	c.Flags().BoolVar(&s.plots, "plots", false, "write the charts as SVG, PNG and PDF too; needs --out")
	c.Flags().BoolVar(&s.timeline, "timeline", false, "write iterations and requests for the viewer of Perfetto; needs --out")
	c.Flags().BoolVar(&s.require, "require", false, "exit 1 if the SLO does not hold")
	return c
}

func (s *simulation) run(c *cobra.Command, args []string) error {
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	o.Engines = runtime.GOMAXPROCS(0)
	e, err := s.experiment(c, args, o)
	if err != nil {
		return err
	}
	p, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.Plan, error) { return e.Plan(o) })
	if err != nil {
		return err
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"tokens", s.tokens}, {"plots", s.plots}, {"timeline", s.timeline}} {
		if flag.given && s.out == "" {
			return fmt.Errorf("--%s: there is no folder to write to (it needs --out)", flag.name)
		}
	}
	if s.printConfig {
		text, err := p.File(".")
		if err != nil {
			return err
		}
		return write(c, text)
	}
	return s.simulate(c, p)
}

// simulate runs a plan, prints its report and keeps its files.
func (s *simulation) simulate(c *cobra.Command, p *study.Plan) error {
	var x *pictures
	seen := !s.json && isTerminal(c.OutOrStdout())
	if s.out != "" || seen {
		x = newPictures(p, s.plots, s.timeline)
	}
	r, err := s.observe(c, p, x)
	if err != nil {
		return err
	}
	text := summary(p, r)
	if !s.json {
		var b bytes.Buffer
		page{&b, withAssumed(p, r)}.print(assumptions(p))
		if seen {
			page{&b, r}.overTime(x.run)
		}
		text = b.Bytes()
	}
	if err := write(c, text); err != nil {
		return err
	}
	for _, text := range r.Warnings {
		s.warn(c.ErrOrStderr())(text)
	}
	if s.require && !r.Holds() {
		return failure{errors.New("the SLO does not hold")}
	}
	return nil
}

// observe runs a plan before all who watch, and keeps what they write. The
// pictures may be missing if there is no folder for them.
func (s *simulation) observe(c *cobra.Command, p *study.Plan, x *pictures) (*metrics.Report, error) {
	watchers := x.watchers()
	if bar := s.progress(c.ErrOrStderr(), p.Survey.Requests); bar != nil {
		watchers = append(watchers, bar)
		defer bar.end()
	}
	if s.out == "" {
		r, err := p.Run(c.Context(), watchers...)
		return r, ended(err)
	}
	o, err := p.NewOutput(s.out, s.tokens)
	if err != nil {
		return nil, err
	}
	defer o.Discard()
	r, err := p.Run(c.Context(), append(watchers, o.Watchers...)...)
	if err == nil {
		err = x.write(o, p, r)
	}
	if err == nil {
		err = o.Keep(summary(p, r))
	}
	return r, ended(err)
}

// progress returns a progress bar, or nil if it would not be seen.
func (s *simulation) progress(stderr io.Writer, requests int) *progress {
	if s.quiet {
		return nil
	}
	return newProgress(stderr, requests)
}

// summary returns the JSON report of a plan.
func summary(p *study.Plan, r *metrics.Report) []byte {
	return withAssumed(p, r).JSON(head(p.Experiment.Seed)...)
}

// withAssumed returns the report of a run with what the plan adds to it.
func withAssumed(p *study.Plan, r *metrics.Report) *metrics.Report {
	all := *r
	all.Rows = append(slices.Clip(r.Rows), p.Rows()...)
	return &all
}

// ended tells a run that was stopped from one that failed.
func ended(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return errInterrupted
	}
	return failure{err}
}

// head returns the rows that a JSON report starts with.
func head(seed uint64) []metrics.Row {
	return []metrics.Row{
		{Name: "schema", Value: int64(schema)},
		{Name: "version", Value: version},
		{Name: "seed", Value: int64(seed)},
	}
}
