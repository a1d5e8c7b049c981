package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"metronome/study/validation"
)

type validating struct {
	runFlags
	workers int
	live    string // the folder of a live run
}

func validateCommand() *cobra.Command {
	v := new(validating)
	c := &cobra.Command{
		Use:     "validate DIR | --live RUN",
		Short:   "Simulate what was recorded on real GPUs, and print the errors",
		Example: "  metronome validate ../shared/data/validation",
		Args:    cobra.MaximumNArgs(1),
		RunE:    v.run,
	}
	flags := c.Flags()
	flags.StringVar(&v.live, "live", "", "the `folder` of a live run, which is played through the simulated deployment")
	flags.StringArrayVar(&v.settings, "set", nil, "with --live: set a key of the experiment, as in `key=value`; repeatable")
	flags.SortFlags = false
	flags.Int64Var(&v.seed, "seed", 1, "seed of arrivals that were not recorded")
	flags.BoolVar(&v.json, "json", false, "print the report as one JSON object")
	flags.StringVar(&v.out, "out", "", "write figures.csv and report.html, with distributions laid over each other, to a `folder`")
	flags.BoolVar(&v.quiet, "quiet", false, "no faults on stderr but their number")
	wholeVar(c, &v.workers, "workers", runtime.GOMAXPROCS(0), 1, "simulations at a time")
	v.addProfiles(c)
	return c
}

func (v *validating) run(c *cobra.Command, args []string) error {
	if v.live != "" && len(args) == 0 {
		return v.validateLive(c, v.live)
	}
	if v.live != "" || len(args) != 1 {
		return errors.New("validate: a folder of recorded runs or --live RUN is needed, and only one of them")
	}
	o, err := v.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	folder, err := openRecordings(args[0])
	if err != nil {
		return err
	}
	if v.seed < 0 {
		return fmt.Errorf("--seed: %d (must be 0 or more)", v.seed)
	}
	s := &validation.Simulator{Profiles: o.Profiles, Seed: uint64(v.seed)}
	r, err := folder.Validate(c.Context(), s, v.workers)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return failure{err}
	}
	if err := v.report(c.OutOrStdout(), r); err != nil {
		return failure{err}
	}
	for _, fault := range r.Faults {
		v.warn(c.ErrOrStderr())(fault.Error())
	}
	if n := len(r.Faults); n > 0 {
		return failure{fmt.Errorf("validate: %d faults in %s (the rest was validated)", n, args[0])}
	}
	return nil
}

// openRecordings reads a folder of recorded runs.
func openRecordings(path string) (*validation.Folder, error) {
	if s, err := os.Stat(path); err != nil || !s.IsDir() {
		return nil, fmt.Errorf("%s is no folder (must hold experiments.csv or closed_loop/closed_loop.csv)", path)
	}
	folder := validation.Open(os.DirFS(path), path)
	if folder.Empty() {
		return nil, fmt.Errorf("%s: nothing was recorded here (must have experiments.csv or closed_loop/closed_loop.csv)", path)
	}
	return folder, nil
}

// report prints the report, and writes its files.
func (v *validating) report(out io.Writer, r *validation.Report) error {
	if v.out != "" {
		if err := writeFigures(v.out, r); err != nil {
			return err
		}
		if err := v.album(validationAlbum(r)); err != nil {
			return err
		}
	}
	if !v.json {
		comparison{out, r}.print()
		return nil
	}
	text, err := r.JSON(version)
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", text)
	}
	return err
}

func writeFigures(folder string, r *validation.Report) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".partial-")
	if err != nil {
		return err
	}
	if err := errors.Join(r.WriteCSV(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(folder, "figures.csv"))
}
