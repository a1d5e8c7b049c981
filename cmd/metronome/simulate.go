package main

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"metronome/metrics"
	"metronome/study"
)

// schema is the version of the JSON report.
const schema = 1

type simulation struct {
	runFlags
	printConfig, tokens, require bool
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
	c.Flags().BoolVar(&s.require, "require", false, "exit 1 if the SLO does not hold")
	return c
}

func (s *simulation) run(c *cobra.Command, args []string) error {
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	e, err := s.experiment(c, args, o)
	if err != nil {
		return err
	}
	p, err := e.Plan(o)
	if err != nil {
		return err
	}
	if s.printConfig {
		text, err := p.File(".")
		c.OutOrStdout().Write(text)
		return err
	}
	return s.simulate(c, p)
}

// simulate runs a plan and prints its report.
func (s *simulation) simulate(c *cobra.Command, p *study.Plan) error {
	var watchers []metrics.Metric
	bar := newProgress(c.ErrOrStderr(), p.Survey.Requests)
	if bar != nil && !s.quiet {
		watchers = append(watchers, bar)
		defer bar.end()
	}
	r, err := p.Run(c.Context(), watchers...)
	if err != nil {
		return ended(err)
	}
	for _, text := range r.Warnings {
		s.warn(c.ErrOrStderr())(text)
	}
	if err := s.print(c.OutOrStdout(), p, r); err != nil {
		return failure{err}
	}
	if s.require && !holds(r, p.Experiment.SLO) {
		return failure{errors.New("the SLO does not hold")}
	}
	return nil
}

// print writes the report to stdout.
func (s *simulation) print(stdout io.Writer, p *study.Plan, r *metrics.Report) (err error) {
	if s.json {
		r.Rows = append(r.Rows, p.Rows()...)
		_, err = stdout.Write(r.JSON(head(p)...))
		return err
	}
	var b bytes.Buffer
	page{&b, r, p.Experiment.SLO}.print(assumptions(p))
	_, err = stdout.Write(b.Bytes())
	return err
}

// ended tells a run that was stopped from one that failed.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return failure{err}
}

// head returns the rows that a JSON report starts with.
func head(p *study.Plan) []metrics.Row {
	return []metrics.Row{
		{Name: "schema", Value: int64(schema)},
		{Name: "version", Value: version},
		{Name: "seed", Value: int64(p.Experiment.Seed)},
	}
}
