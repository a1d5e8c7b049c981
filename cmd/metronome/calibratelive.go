package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"metronome/live/calibration"
	"metronome/sim"
	"metronome/study"
)

// liveCalibration is the command that fits the law of a live system.
type liveCalibration struct {
	runFlags
	name    string
	unknown bool
}

func calibrateLiveCommand() *cobra.Command {
	l := new(liveCalibration)
	c := &cobra.Command{
		Use:   "live RUN…",
		Short: "Fit the time of iterations to recorded live runs, folders of live --out",
		Example: "  metronome calibrate live run --set scheduler.policy=llamacpp --set scheduler.max_sequences=4 --out mine\n" +
			"  metronome simulate --profiles mine --set deployment.engine=live",
		Args: cobra.MinimumNArgs(1),
		RunE: l.run,
	}
	l.add(c)
	c.Flags().StringVar(&l.name, "name", "live", "`name` of the engine that is written")
	c.Flags().BoolVar(&l.unknown, "allow-unknown", false, "write the law though the runs do not tell all of its terms")
	return c
}

func (l *liveCalibration) run(c *cobra.Command, args []string) error {
	var runs []calibration.Run
	for _, folder := range args {
		r, err := calibration.ReadRun(filepath.Join(folder, study.ExchangesFile))
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	p, err := l.plan(c, args[0])
	if err != nil {
		return err
	}
	fit, err := calibration.FitLaw(c.Context(), runs, func() (sim.Config, error) { return p.Serve(nil) })
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return failure{err}
	}
	if err := fit.Unknown(); err != nil && !l.unknown {
		return failure{err}
	}
	return l.keep(c, fit)
}

// plan plans the experiment with the requests of a live run as its workload.
func (f *runFlags) plan(c *cobra.Command, folder string) (*study.Plan, error) {
	o, err := f.options(c.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	f.settings = append(f.settings, "workload.trace="+filepath.Join(folder, study.TraceFile))
	e, err := f.experiment(c, nil, o)
	if err != nil {
		return nil, err
	}
	return e.Plan(o)
}

// keep writes the profile, and on stderr how well it fits.
func (l *liveCalibration) keep(c *cobra.Command, fit *calibration.Fit) error {
	var b bytes.Buffer
	fit.WriteTo(&b) // a buffer takes all
	if !l.quiet {
		fmt.Fprintf(c.ErrOrStderr(), "%d replies: typical errors %.1f %% of TTFT, %.1f %% of TPOT\n", fit.Replies, 100*fit.TTFT, 100*fit.TPOT)
	}
	if l.out == "" {
		return write(c, b.Bytes())
	}
	file := filepath.Join(l.out, "engines", l.name+".toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}
