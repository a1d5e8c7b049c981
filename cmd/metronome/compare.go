package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"metronome/study"
)

type comparing struct {
	runFlags
	study.CompareOptions
}

func compareCommand() *cobra.Command {
	s := new(comparing)
	c := &cobra.Command{
		Use:   "compare A.toml B.toml …",
		Short: "Compare experiments on the same requests",
		Long: "Run experiments on the same workload and the same random numbers, and tell the differences\n" +
			"from the first with 95 % confidence intervals, paired over seeds. A file of token times\n" +
			"(.jsonl, .jsonl.gz) is a recorded run, set beside the simulated ones.",
		Example: "  metronome compare vllm.toml sarathi.toml --seeds 10",
		Args:    cobra.MinimumNArgs(2),
		RunE:    s.run,
	}
	s.add(c)
	wholeVar(c, &s.Seeds, "seeds", 5, 1, "repetitions with other random numbers")
	addWorkers(c, &s.Workers)
	return c
}

func (s *comparing) run(c *cobra.Command, args []string) error {
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	contenders, err := s.contenders(c, args, o)
	if err != nil {
		return err
	}
	bar := s.bar(c.ErrOrStderr(), len(contenders)*s.Seeds, "runs")
	s.Ran = func() { bar.add(1) }
	r, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.Comparison, error) {
		defer bar.end()
		return study.Compare(context.WithoutCancel(c.Context()), contenders, o, s.CompareOptions)
	})
	if err != nil {
		return err
	}
	if s.out != "" {
		a, err := illustrated(c.Context(), r, contenders, o)
		if err != nil {
			return err
		}
		if err := s.album(a); err != nil {
			return err
		}
	}
	return s.report(c, study.CompareFile, r.JSON(version, firstSeed(contenders)), func(p page) { printComparison(p, r) })
}

func (s *comparing) contenders(c *cobra.Command, files []string, o study.Options) (all []study.Contender, err error) {
	for _, file := range files {
		next := study.Contender{Name: file}
		if strings.HasSuffix(strings.TrimSuffix(file, ".gz"), ".jsonl") {
			next.Recording, err = study.OpenRecording([]string{file})
		} else {
			next.Experiment, err = s.experiment(c, []string{file}, o)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, nil
}

func firstSeed(contenders []study.Contender) uint64 {
	for _, c := range contenders {
		if c.Experiment != nil {
			return c.Experiment.Seed
		}
	}
	return 0
}

// printComparison prints a table for every contender but the first.
func printComparison(p page, r *study.Comparison) {
	p.text("", r.Answer())
	for i, name := range r.Names[1:] {
		p.title("", "A", "B", "B − A", "±")
		for _, f := range r.Figures {
			half := missing
			if f.Differences[i+1].N > 1 {
				half = figure4(f.Differences[i+1].Half)
			}
			p.row(f.Name, figure4(f.Values[0].Mean), figure4(f.Values[i+1].Mean), figure4(f.Differences[i+1].Mean), half)
		}
		p.text(label("A"), r.Names[0])
		p.text(label("B"), name)
	}
	p.title("compared")
	p.text(label("units"), units(r))
	p.text(label("intervals"), fmt.Sprintf("95 %% confidence each, over %d seeds", r.Seeds))
	p.text(label("first deadline"), "alone on "+r.Reference)
}

// units tells the units of figures that have one.
func units(r *study.Comparison) string {
	var names []string
	of := map[string][]string{}
	for _, f := range r.Figures {
		if f.Unit == "" {
			continue
		}
		if of[f.Unit] == nil {
			names = append(names, f.Unit)
		}
		of[f.Unit] = append(of[f.Unit], f.Name)
	}
	var all []string
	for _, unit := range names {
		all = append(all, unit+": "+strings.Join(of[unit], ", "))
	}
	return strings.Join(all, "; ")
}
