package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"metronome/study"
)

type capacity struct {
	runFlags
	study.CapacityOptions
	require float64
	live    liveProbes
}

func capacityCommand() *cobra.Command {
	s := new(capacity)
	c := &cobra.Command{
		Use:   "capacity [EXPERIMENT.toml]",
		Short: "Find the largest rate within the SLO",
		Long: "Find the largest rate of requests at which an experiment keeps its service level.\n\n" +
			"All rates see the same requests, arriving faster or slower; the search is repeated with\n" +
			"other seeds, and with longer runs until that makes no difference.",
		Example: "  metronome capacity --set scheduler.policy=sarathi\n" +
			"  metronome capacity --criterion 'latency.ttft_ms.p99<=500,latency.tbt_ms.p99<=50'",
		Args: cobra.MaximumNArgs(1),
		RunE: s.run,
	}
	s.add(c)
	c.Flags().StringVar(&s.Criterion, "criterion", "fluidity", "service `level`: "+strings.Join(study.CriterionNames(), ", ")+",\nor bounds such as latency.ttft_ms.p99<=500")
	wholeVar(c, &s.Seeds, "seeds", 5, 1, "repetitions with other random numbers")
	c.Flags().Float64Var(&s.Tolerance, "tolerance", 0.02, "relative width of the bracket that ends the search")
	c.Flags().Float64Var(&s.require, "require", 0, "exit 1 if the capacity is below a `rate`")
	addWorkers(c, &s.Workers)
	s.live.add(c)
	return c
}

func (s *capacity) run(c *cobra.Command, args []string) error {
	if err := s.check(c); err != nil {
		return err
	}
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	e, err := s.experiment(c, args, o)
	if err != nil {
		return err
	}
	if s.live.target.url != "" {
		if err := s.onLive(c, e, o); err != nil {
			return err
		}
	}
	bar := s.bar(c.ErrOrStderr(), -1, "probes")
	s.Probed = func(study.Probe) { bar.add(1) }
	r, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.CapacityResult, error) {
		defer bar.end()
		return study.Capacity(context.WithoutCancel(c.Context()), e, o, s.CapacityOptions)
	})
	if err != nil {
		return err
	}
	if err := s.album(capacityAlbum(r)); err != nil {
		return err
	}
	if err := s.report(c, study.CapacityFile, r.JSON(version, e.Seed), func(p page) {
		printCapacity(p, r)
		if isTerminal(c.OutOrStdout()) {
			p.overLoad(r.Evidence())
		}
	}); err != nil {
		return err
	}
	if r.Rate.Mean < s.require {
		return failure{fmt.Errorf("the capacity is below %s requests per second", figure(s.require))}
	}
	return nil
}

// check refuses flags that have no meaning.
func (s *capacity) check(c *cobra.Command) error {
	switch {
	case s.Tolerance == 0: // which study takes for its default
		return errors.New("--tolerance: 0 (must be above 0 and below 1)")
	case !(s.require >= 0):
		return fmt.Errorf("--require: %v (must be 0 or more)", s.require)
	case s.live.target.url == "":
		return s.live.unused(c)
	}
	return nil
}

// printCapacity prints a capacity and the probes of the first seed.
func printCapacity(p page, r *study.CapacityResult) {
	p.text("", r.Answer())
	p.title("probes", "holds", "attained", "fluid rate", "P99 TBT", "delay p50")
	p.line(label("requests/s"), []string{"", "", "tokens/s", "ms", "ms"})
	for _, probe := range r.Evidence() {
		p.row(figure4(probe.Rate), yes(probe.Holds), percent(probe.Attainment), figure(probe.TokenRate), figure(probe.TBT), figure(probe.Delay))
	}
	p.title("search")
	p.text(label("service level"), r.Criterion.Text)
	p.text(label("seeds"), strings.Join(r.BySeed(), ", "))
	p.text(label("runs"), fmt.Sprintf("%d probes, at last of %d requests", len(r.Probes), r.Requests))
	p.band(r.Uncertainty)
}
