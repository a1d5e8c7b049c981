package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"metronome/study"
)

type sizing struct {
	runFlags
	study.SizeOptions
}

func sizeCommand() *cobra.Command {
	s := new(sizing)
	c := &cobra.Command{
		Use:   "size STUDY.toml",
		Short: "Find the cheapest cluster that holds a load",
		Long: "Find the cheapest GPUs, parallelism, number of replicas, policy and token budget that hold a\n" +
			"load within its SLO, what comes next, and what would change the answer.",
		Example: "  metronome size size.toml --set workload.arrivals.rate=20",
		Args:    cobra.ExactArgs(1),
		RunE:    s.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&s.settings, "set", nil, "set a key of the experiment, as in `key=value`; repeatable")
	flags.BoolVar(&s.json, "json", false, "print the report as one JSON object")
	flags.StringVar(&s.out, "out", "", "write the report as JSON to a `folder`")
	addWorkers(c, &s.Workers)
	flags.BoolVar(&s.quiet, "quiet", false, "no warnings and no progress on stderr")
	s.addProfiles(c)
	return c
}

func (s *sizing) run(c *cobra.Command, args []string) error {
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	z, err := study.OpenSizing(args[0], s.settings...)
	if err != nil {
		return err
	}
	bar := s.bar(c.ErrOrStderr(), -1, "runs")
	s.Ran = func() { bar.add(1) }
	r, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.SizeResult, error) {
		defer bar.end()
		return study.Size(context.WithoutCancel(c.Context()), z, o, s.SizeOptions)
	})
	if err != nil {
		return err
	}
	if err := s.album(sizeAlbum(r)); err != nil {
		return err
	}
	return s.report(c, study.SizeFile, r.JSON(version, z.Experiment.Seed), func(p page) { printSize(p, r) })
}

func printSize(p page, r *study.SizeResult) {
	p.text("", r.Answer())
	if r.Best != nil {
		p.title("choice", "$/hour", "fluid rate", "attained")
		p.sized("cheapest", *r.Best)
		if r.RunnerUp != nil {
			p.sized("runner-up", *r.RunnerUp)
		}
		p.title("front", "$/hour", "fluid rate", "attained")
		for i, z := range r.Front {
			p.sized(fmt.Sprint(i+1), z)
		}
		p.title("what if")
		var same []string
		for _, s := range r.Scenarios {
			if r.Changed(s) {
				p.text(label(s.Change), change(s))
			} else {
				same = append(same, s.Change)
			}
		}
		p.text(label("the same"), strings.Join(same, ", "))
		p.title("headroom")
		p.text(label("capacity"), plusMinus(r.Capacity)+" requests/s")
		p.band(r.Band)
	}
	p.title("search")
	n := r.Count
	p.text(label("candidates"), fmt.Sprintf("%d: %d do not fit, %d cannot win by the cost model alone, %d too slow for a lone request, %d beyond the limits, %d hold",
		n.Candidates, n.Unfit, n.Bounded, n.Slow, n.Beyond, n.Holding))
	p.text(label("runs"), fmt.Sprint(n.Runs))
	p.text(label("first deadline"), "alone on "+r.Reference)
}

// sized prints a cluster over two lines.
func (p page) sized(name string, z study.Sized) {
	p.row(name, figure4(z.PricePerHour), figure4(z.TokenRate), percent(z.Attainment))
	p.text(label(""), z.String())
}

// change tells what the answer is in a scenario.
func change(s study.Scenario) string {
	if s.Best == nil {
		return "none holds"
	}
	return fmt.Sprintf("%v, for %s $/hour", *s.Best, figure4(s.Best.PricePerHour))
}
