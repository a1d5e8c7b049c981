package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/study/figures"
	"metronome/workloads"
)

// A listing is a kind of things that are registered, and its lines, names first.
type listing struct {
	kind  string
	lines func(profiles fs.FS) ([]string, error)
}

var listings = []listing{
	{"gpus", hardware.ListGPUs},
	{"models", hardware.ListModels},
	{"engines", hardware.ListEngines},
	{"policies", listPolicies},
	{"routers", listRouters},
	{"workloads", listWorkloads},
	{"metrics", listMetrics},
	{"figures", listFigures},
}

func listCommand() *cobra.Command {
	f := new(runFlags)
	var kinds []string
	for _, l := range listings {
		kinds = append(kinds, l.kind)
	}
	c := &cobra.Command{
		Use:     "list [" + strings.Join(kinds, "|") + "]",
		Short:   "List what can be named in an experiment",
		Example: "  metronome list policies",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && !slices.Contains(kinds, args[0]) {
				return fmt.Errorf("list: unknown kind %q (have %s)", args[0], strings.Join(kinds, ", "))
			}
			o, err := f.options(c.ErrOrStderr())
			if err != nil {
				return err
			}
			text, err := list(o.Profiles, args)
			if err != nil {
				return err
			}
			return write(c, []byte(text))
		},
	}
	f.addProfiles(c)
	return c
}

// list returns the lines of one kind, or of all under their names.
func list(profiles fs.FS, kinds []string) (string, error) {
	var text strings.Builder
	for _, l := range listings {
		if len(kinds) > 0 && kinds[0] != l.kind {
			continue
		}
		lines, err := l.lines(profiles)
		if err != nil {
			return "", err
		}
		indent := ""
		if len(kinds) == 0 {
			fmt.Fprintf(&text, "%s:\n", l.kind)
			indent = "  "
		}
		for _, line := range lines {
			fmt.Fprintf(&text, "%s%s\n", indent, line)
		}
	}
	return text.String(), nil
}

func listPolicies(fs.FS) (lines []string, err error) {
	for _, k := range scheduler.Kinds() {
		lines = append(lines, entry(k.Name, k.Doc))
	}
	return lines, nil
}

func listRouters(fs.FS) (lines []string, err error) {
	for _, k := range scheduler.Routers() {
		lines = append(lines, entry(k.Name, k.Doc))
	}
	return lines, nil
}

func listWorkloads(profiles fs.FS) (lines []string, err error) {
	all, err := workloads.Embeddeds(profiles)
	for _, w := range all {
		lines = append(lines, entry(w.Name, w.Description))
	}
	return lines, err
}

func listMetrics(fs.FS) (lines []string, err error) {
	for _, name := range metrics.Names() {
		lines = append(lines, entry(name, metrics.Doc(name)))
	}
	return lines, nil
}

func entry(name, doc string) string { return fmt.Sprintf("%-16s %s", name, doc) }

func listFigures(fs.FS) (lines []string, err error) {
	for _, f := range figures.All() {
		lines = append(lines, entry(f.Name, f.Title+": "+f.Source))
	}
	return lines, nil
}
