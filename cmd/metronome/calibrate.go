package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"metronome/hardware"
	"metronome/hardware/fit"
)

func calibrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "calibrate", Short: "Fit a profile to measurements"}
	c.AddCommand(calibrateKernelsCommand(), calibrateEngineCommand(), calibrateLiveCommand())
	return c
}

// kernelCalibration is the command that fits a GPU to tables of kernels.
type kernelCalibration struct {
	runFlags
	gpu, engine, source string
	replace             []string
}

func calibrateKernelsCommand() *cobra.Command {
	k := new(kernelCalibration)
	c := &cobra.Command{
		Use:     "kernels DIR",
		Short:   "Fit the kernels of a GPU to tables of their latency",
		Example: "  metronome calibrate kernels tables --gpu h100-sxm --engine \"vLLM 0.24\" --source \"our machines\" --out mine\n  metronome simulate --profiles mine",
		Args:    cobra.ExactArgs(1),
		RunE:    k.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&k.gpu, "gpu", "", "the GPU, a `name` with a specification in gpus")
	flags.StringVar(&k.engine, "engine", "", "`engine` and version that the kernels are of")
	flags.StringVar(&k.source, "source", "", "who measured them, and when")
	flags.StringArrayVar(&k.replace, "replace", nil, "attention as another version has it, `table=FILE`, as in generation_attention=FILE: its kernels count at the sizes that both have; repeatable")
	flags.StringVar(&k.out, "out", "", "write gpus/NAME.toml to a `folder` that --profiles takes, not to stdout")
	flags.BoolVar(&k.quiet, "quiet", false, "no residuals on stderr")
	k.addProfiles(c)
	return c
}

func (k *kernelCalibration) run(c *cobra.Command, args []string) error {
	o, err := k.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	if k.gpu == "" || k.engine == "" || k.source == "" {
		return fmt.Errorf("calibrate: --gpu, --engine and --source are needed (have %q, %q, %q)", k.gpu, k.engine, k.source)
	}
	g, err := hardware.OpenGPU(o.Profiles, k.gpu)
	if err != nil {
		return err
	}
	if s, err := os.Stat(args[0]); err != nil || !s.IsDir() {
		return fmt.Errorf("calibrate: %s is no folder (must hold gemm.csv and more)", args[0])
	}
	replaced, closeAll, err := k.replacements()
	if err != nil {
		return err
	}
	defer closeAll()
	kernels, err := fit.Kernels(os.DirFS(args[0]), &g, replaced...)
	if err != nil {
		return err
	}
	kernels.Engine, kernels.Source = k.engine, k.source
	text, err := profileWith(o.Profiles, k.gpu, kernels)
	if err != nil {
		return err
	}
	if !k.quiet {
		residuals(c.ErrOrStderr(), kernels)
	}
	return k.write(c, text)
}

// replacements opens the tables that --replace names.
func (k *kernelCalibration) replacements() (all []fit.Replacement, closeAll func(), err error) {
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, text := range k.replace {
		table, name, _ := strings.Cut(text, "=")
		if !slices.Contains(fit.Replaceable, table) || name == "" {
			closeAll()
			return nil, nil, fmt.Errorf("calibrate: --replace: %q (must be TABLE=FILE, with %s)", text, strings.Join(fit.Replaceable, " or "))
		}
		f, err := os.Open(name)
		if err != nil {
			closeAll()
			return nil, nil, fmt.Errorf("calibrate: --replace: %w", err)
		}
		files = append(files, f)
		all = append(all, fit.Replacement{Family: table, Name: name, Table: f})
	}
	return all, closeAll, nil
}

func (k *kernelCalibration) write(c *cobra.Command, text string) error {
	if k.out == "" {
		return write(c, []byte(text))
	}
	folder := filepath.Join(k.out, "gpus")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("calibrate: --out: %w", err)
	}
	file := filepath.Join(folder, k.gpu+".toml")
	if err := os.WriteFile(file+".part", []byte(text), 0o666); err != nil {
		return fmt.Errorf("calibrate: --out: %w", err)
	}
	return os.Rename(file+".part", file)
}

// profileWith returns the profile of a GPU with its kernels replaced.
func profileWith(profiles fs.FS, gpu string, k *hardware.Kernels) (string, error) {
	old, err := fs.ReadFile(profiles, "gpus/"+gpu+".toml")
	if err != nil {
		return "", failure{err}
	}
	head, _, _ := strings.Cut(string(old), "\n[kernels]")
	var b strings.Builder
	b.WriteString(strings.TrimRight(head, "\n") + "\n\n")
	err = fit.Write(&b, k)
	return b.String(), err
}

// residuals prints how well each table fits points that took no part in its fit.
func residuals(w io.Writer, k *hardware.Kernels) {
	fmt.Fprintf(w, "%-14s%9s%12s%20s%24s\n", "family", "points", "cache hits", "held-back points", "held-back kernels")
	line := func(name string, t *hardware.Table) {
		if t != nil {
			f := t.Fit
			fmt.Fprintf(w, "%-14s%9d%12d%9.1f%% / %4.1f%%%14.1f%% / %4.1f%%\n", name, f.Points, f.CacheHits, 100*f.Median, 100*f.P90, 100*f.ShapeMedian, 100*f.ShapeP90)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(k.GEMM)) {
		line("gemm "+string(p), k.GEMM[p])
	}
	line("prefill", k.Prefill)
	line("decode", k.Decode)
	for _, p := range slices.Sorted(maps.Keys(k.MoE)) {
		line("moe "+string(p), k.MoE[p])
	}
	fmt.Fprintln(w, "relative errors, median / 90th percentile")
}
