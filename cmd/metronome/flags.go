package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"metronome/hardware"
	"metronome/profiles"
	"metronome/study"
)

// runFlags are the flags that all commands share that run experiments.
type runFlags struct {
	seed     int64
	settings []string
	json     bool
	out      string
	quiet    bool
	profiles string
	strict   bool
	engine   string // a command line of vLLM
}

func (f *runFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.SortFlags = false
	flags.Int64Var(&f.seed, "seed", 0, "seed of all random numbers, in place of the experiment's")
	flags.StringArrayVar(&f.settings, "set", nil, "set a key of the experiment, as in `key=value`; repeatable")
	flags.StringVar(&f.engine, "from-vllm", "", "read the flags of a `command`, such as \"vllm serve MODEL -tp 2\"")
	flags.BoolVar(&f.json, "json", false, "print the report as one JSON object")
	flags.StringVar(&f.out, "out", "", "write the files of the run to a `folder`")
	flags.BoolVar(&f.quiet, "quiet", false, "no warnings and no progress on stderr")
	f.addProfiles(c)
	flags.BoolVar(&f.strict, "strict", false, "refuse traces that are out of order")
}

func (f *runFlags) addProfiles(c *cobra.Command) {
	c.Flags().StringVar(&f.profiles, "profiles", "", "a `folder` of profiles, laid over the embedded ones")
}

// experiment reads the experiment file, if there is one, and what flags change of it.
func (f *runFlags) experiment(c *cobra.Command, args []string, o study.Options) (*study.Experiment, error) {
	d, err := study.ReadDraft(strings.Join(args, ""))
	if err != nil {
		return nil, err
	}
	if f.engine != "" {
		if err := f.readEngine(d, o); err != nil {
			return nil, err
		}
	}
	for _, s := range f.settings {
		if err := d.Set(s); err != nil {
			return nil, err
		}
	}
	e, err := d.Experiment()
	if err != nil || !c.Flags().Changed("seed") {
		return e, err
	}
	if f.seed < 0 {
		return nil, fmt.Errorf("--seed: %d (must be 0 or more)", f.seed)
	}
	e.Seed = uint64(f.seed)
	return e, nil
}

// readEngine reads the flags of an engine, and warns of those that make no difference.
func (f *runFlags) readEngine(d *study.Draft, o study.Options) error {
	models, err := hardware.Names(o.Profiles, "models")
	if err != nil {
		return err
	}
	ignored, err := d.FromVLLM(f.engine, models)
	for _, flag := range ignored {
		o.Warn("--from-vllm: " + flag + " makes no difference to the simulation")
	}
	return err
}

// options returns what a plan needs from outside.
func (f *runFlags) options(stderr io.Writer) (study.Options, error) {
	o := study.Options{Profiles: profiles.FS, Strict: f.strict, Warn: f.warn(stderr)}
	if f.profiles == "" {
		return o, nil
	}
	if s, err := os.Stat(f.profiles); err != nil || !s.IsDir() {
		return o, fmt.Errorf("--profiles: %s is no folder (must hold gpus, models, engines or workloads)", f.profiles)
	}
	o.Profiles = overlay{os.DirFS(f.profiles), profiles.FS}
	return o, nil
}

func (f *runFlags) warn(stderr io.Writer) func(string) {
	return func(text string) {
		if !f.quiet {
			fmt.Fprintln(stderr, "warning:", text)
		}
	}
}
