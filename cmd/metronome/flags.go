package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"metronome/profiles"
	"metronome/study"
)

// runFlags are the flags that all commands share that run experiments.
type runFlags struct {
	seed     uint64
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
	flags.Uint64Var(&f.seed, "seed", 1, "seed of all random numbers")
	flags.StringArrayVar(&f.settings, "set", nil, "set a key of the experiment, as in `key=value`; repeatable")
	flags.StringVar(&f.engine, "from-vllm", "", "read the flags of a `command`, such as \"vllm serve MODEL -tp 2\"")
	flags.BoolVar(&f.json, "json", false, "print the report as one JSON object")
	flags.StringVar(&f.out, "out", "", "write the files of the run to a `folder`")
	flags.BoolVar(&f.quiet, "quiet", false, "no warnings and no progress on stderr")
	flags.StringVar(&f.profiles, "profiles", "", "a `folder` of profiles, laid over the embedded ones")
	flags.BoolVar(&f.strict, "strict", false, "refuse traces that are out of order")
}

// experiment reads the experiment file, if there is one, and what flags change of it.
func (f *runFlags) experiment(c *cobra.Command, args []string) (*study.Experiment, error) {
	file := ""
	if len(args) > 0 {
		file = args[0]
	}
	d, err := study.ReadDraft(file)
	if err != nil {
		return nil, err
	}
	for _, s := range f.settings {
		if err := d.Set(s); err != nil {
			return nil, err
		}
	}
	e, err := d.Experiment()
	if err == nil && c.Flags().Changed("seed") {
		e.Seed = f.seed
	}
	return e, err
}

// options returns what a plan needs from outside.
func (f *runFlags) options(stderr io.Writer) (study.Options, error) {
	o := study.Options{Profiles: profiles.FS, Strict: f.strict, Warn: f.warn(stderr)}
	if f.profiles == "" {
		return o, nil
	}
	if s, err := os.Stat(f.profiles); err != nil || !s.IsDir() {
		return o, fmt.Errorf("--profiles %s: no such folder", f.profiles)
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

// An overlay is a file system laid over another.
type overlay struct{ upper, lower fs.FS }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.upper.Open(name); err == nil {
		return f, nil
	}
	return o.lower.Open(name)
}
