package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metronome/hardware"
	"metronome/study/validation"
)

// engineCalibration is the command that fits an engine to recorded runs.
type engineCalibration struct {
	runFlags
	name, source string
	workers      int
}

func calibrateEngineCommand() *cobra.Command {
	e := new(engineCalibration)
	c := &cobra.Command{
		Use:     "engine DIR",
		Short:   "Fit what an engine adds to kernels to recorded runs, as validate reads them",
		Example: "  metronome calibrate engine recordings --engine vllm-0.15 --source \"our machines\" --out mine\n  metronome validate recordings --profiles mine",
		Args:    cobra.ExactArgs(1),
		RunE:    e.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&e.name, "engine", hardware.DefaultEngine, "the engine, a `name` with a profile in engines")
	flags.StringVar(&e.source, "source", "", "who recorded the runs, and when")
	flags.StringVar(&e.out, "out", "", "write engines/NAME.toml to a `folder` that --profiles takes, not to stdout")
	flags.BoolVar(&e.quiet, "quiet", false, "no errors on stderr")
	wholeVar(c, &e.workers, "workers", runtime.GOMAXPROCS(0), 1, "simulations at a time")
	e.addProfiles(c)
	return c
}

func (e *engineCalibration) run(c *cobra.Command, args []string) error {
	o, err := e.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	if e.source == "" {
		return errors.New("calibrate: --source is needed: who recorded the runs, and when")
	}
	folder, err := openRecordings(args[0])
	if err != nil {
		return err
	}
	profile, err := hardware.OpenEngine(o.Profiles, e.name)
	if err != nil {
		return err
	}
	s := &validation.Simulator{Profiles: o.Profiles, Seed: 1}
	fit, err := folder.FitEngine(c.Context(), s, e.name, e.workers)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if !e.quiet {
		heldOut(c.ErrOrStderr(), fit)
	}
	return e.write(c, engineProfile(profile, e.source, fit))
}

func (e *engineCalibration) write(c *cobra.Command, text string) error {
	if e.out == "" {
		return write(c, []byte(text))
	}
	folder := filepath.Join(e.out, "engines")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("calibrate: --out: %w", err)
	}
	file := filepath.Join(folder, e.name+".toml")
	if err := os.WriteFile(file+".part", []byte(text), 0o666); err != nil {
		return fmt.Errorf("calibrate: --out: %w", err)
	}
	return os.Rename(file+".part", file)
}

// engineProfile returns the profile of an engine with its constants replaced, and
// how far its predictions were off on runs that the fit had not seen.
func engineProfile(old hardware.Engine, source string, fit *validation.Fit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title  = %q\nsource = %q\n\n", old.Title, fmt.Sprintf("%s; %d runs", source, len(fit.Experiments)))
	for _, fact := range []struct {
		key  string
		told bool
	}{{"async", old.Async}, {"graphs", old.Graphs}, {"eager_prefill", old.EagerPrefill}, {"shared_attention", old.SharedAttention}} {
		if fact.told {
			fmt.Fprintf(&b, "%-19s = true\n", fact.key)
		}
	}
	for _, figure := range []struct {
		key   string
		value float64
	}{{"per_layer_us", old.LayerMicros}, {"attention_tflops", old.AttentionTFLOPS}} {
		if figure.value > 0 {
			fmt.Fprintf(&b, "%-19s = %s\n", figure.key, strconv.FormatFloat(figure.value, 'f', -1, 64))
		}
	}
	for _, c := range fit.Constants {
		fmt.Fprintf(&b, "%-19s = %.2f\n", c.Name, c.Value)
	}
	fmt.Fprintf(&b, "\n[accuracy] # errors in percent that %.0f %% of the runs below saturation stay within, left out of the fit\n", 100*validation.Share)
	fmt.Fprintf(&b, "source = %q\nshare  = %v\ngpus   = %s\nmodels = %s\n", source, validation.Share, tomlList(fit.GPUs), tomlList(fit.Models))
	for _, kind := range []struct {
		name  string
		pools validation.Pools
	}{{"run", fit.LeftOut}, {"model", fit.LeftOutModel}, {"gpu", fit.LeftOutGPU}, {"kernels", fit.LeftOutKernels}} {
		fmt.Fprintf(&b, "\n[accuracy.%s]\n", kind.name)
		for _, m := range validation.Metrics {
			if p, ok := kind.pools[m]; ok {
				fmt.Fprintf(&b, "%-9s = %.1f\n", m, p.Most)
			}
		}
	}
	return b.String()
}

func tomlList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// heldOut prints the errors of runs that took part in the fit, and of runs that
// did not.
func heldOut(w io.Writer, fit *validation.Fit) {
	fmt.Fprintf(w, "%-18s%9s%10s%10s%10s%10s%5s\n", "error, mean %", "fitted", "run", "model", "GPU", "kernels", "n")
	for _, m := range validation.Metrics {
		if p, ok := fit.InSample[m]; ok {
			fmt.Fprintf(w, "  %-16s%9s%10s%10s%10s%10s%5d\n", m, share(p.Mean), share(fit.LeftOut[m].Mean),
				share(fit.LeftOutModel[m].Mean), share(fit.LeftOutGPU[m].Mean), share(fit.LeftOutKernels[m].Mean), p.N)
		}
	}
	fmt.Fprintln(w, "  left out of the fit: the run, all of its model, all of its GPU, its kernels too")
}
