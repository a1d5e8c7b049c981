package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metronome/study"
)

type sweeping struct {
	runFlags
	shard        string
	resume, wait bool
	workers      int
}

func sweepCommand() *cobra.Command {
	s := new(sweeping)
	c := &cobra.Command{
		Use:   "sweep STUDY.toml --out DIR",
		Short: "Run every combination of a study",
		Long: "Run every combination of the values that a study file names, and keep a row of figures for\n" +
			"each in results.csv and results.jsonl. Rows are kept one by one, and do not depend on the\n" +
			"number of workers or shards.",
		Example: "  metronome sweep study.toml --out results\n" +
			"  metronome sweep study.toml --out part-3 --shard 3/8 --resume --wait",
		Args: cobra.ExactArgs(1),
		RunE: s.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&s.out, "out", "", "write the results to a `folder`")
	flags.StringVar(&s.shard, "shard", "", "do only part `i/n` of the runs, from 0/n to n-1/n")
	flags.BoolVar(&s.resume, "resume", false, "go on with what the folder holds")
	flags.BoolVar(&s.wait, "wait", false, "wait while another process writes to the folder")
	addWorkers(c, &s.workers)
	flags.StringArrayVar(&s.settings, "set", nil, "set a key in every run, as in `key=value`; repeatable")
	flags.BoolVar(&s.quiet, "quiet", false, "no warnings and no progress on stderr")
	s.addProfiles(c)
	flags.BoolVar(&s.strict, "strict", false, "refuse traces that are out of order")
	return c
}

func (s *sweeping) run(c *cobra.Command, args []string) error {
	if s.out == "" {
		return errors.New("sweep: no folder to write to (it needs --out)")
	}
	shard, shards, err := parseShard(s.shard)
	if err != nil {
		return err
	}
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	work, err := study.OpenStudy(args[0], s.settings...)
	if err != nil {
		return err
	}
	hash, err := work.Hash(version, o.Profiles)
	if err != nil {
		return err
	}
	results, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.Results, error) {
		return work.OpenResults(s.out, study.ResultsOptions{Hash: hash, Shard: shard, Shards: shards, Resume: s.resume, Wait: s.wait})
	})
	if err != nil {
		return err
	}
	defer results.Close()
	return s.sweep(c, work, o, results)
}

func (s *sweeping) sweep(c *cobra.Command, work *study.Study, o study.Options, results *study.Results) error {
	bar := s.bar(c.ErrOrStderr(), results.Runs(), "runs")
	bar.add(results.Count())
	options := study.SweepOptions{Workers: s.workers, Keep: func(study.StudyRow) error { bar.add(1); return nil }}
	r, err := study.SweepInto(c.Context(), work, o, options, results)
	bar.end()
	kept := fmt.Sprintf("%d of %d runs are kept in %s (--resume goes on with them)", results.Count(), results.Runs(), s.out)
	switch {
	case errors.Is(err, context.Canceled):
		return interrupted{kept}
	case err != nil && results.Count() > 0:
		return failure{fmt.Errorf("%w; %s", err, kept)}
	case err != nil:
		return err
	}
	if err := sweepPage(s.out); err != nil {
		return err
	}
	var b bytes.Buffer
	page{&b, nil}.text("", r.Answer())
	return write(c, b.Bytes())
}

// parseShard reads a shard such as 3/8; "" is the whole.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 1, nil
	}
	i, n, ok := strings.Cut(text, "/")
	shard, err = strconv.Atoi(i)
	if ok && err == nil {
		shards, err = strconv.Atoi(n)
	}
	if !ok || err != nil || shards < 1 || shard < 0 || shard >= shards {
		return 0, 0, fmt.Errorf("--shard: %q (must be i/n, with i from 0 to n-1)", text)
	}
	return shard, shards, nil
}

func mergeCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "merge DIR… --out DIR",
		Short:   "Join the shards of a sweep",
		Example: "  metronome merge part-* --out results",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, folders []string) error {
			if out == "" {
				return errors.New("merge: no folder to write to (it needs --out)")
			}
			runs, err := study.Merge(folders, out)
			if err != nil {
				return err
			}
			if err := sweepPage(out); err != nil {
				return err
			}
			return write(c, fmt.Appendf(nil, "%d runs of %d folders are in %s.\n", runs, len(folders), out))
		},
	}
	c.Flags().StringVar(&out, "out", "", "write the results to a `folder`")
	return c
}

// interrupted tells what a command that was stopped has kept.
type interrupted struct{ kept string }

func (i interrupted) Error() string { return "interrupted; " + i.kept }

// Is makes it an interruption.
func (i interrupted) Is(err error) bool { return err == errInterrupted }
