package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"metronome/study/figures"
)

type reproduction struct {
	runFlags
	all, require bool
}

func figureCommand() *cobra.Command {
	f := new(reproduction)
	c := &cobra.Command{
		Use:     "figure [NAME…]",
		Short:   "Reproduce figures of papers, and check what they claim",
		Long:    "Reproduce figures of papers: our values beside the published ones, and whether each claim holds.\nWith --out it writes the pictures, the experiments and a gallery page.",
		Example: "  metronome figure R6\n  metronome figure --all --out gallery",
		RunE:    f.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.all, "all", false, "reproduce every figure")
	flags.BoolVar(&f.json, "json", false, "print the claims as one JSON object")
	flags.StringVar(&f.out, "out", "", "write pictures, experiments and a gallery page to a `folder`")
	flags.BoolVar(&f.require, "require", false, "exit 1 if a claim does not hold")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress on stderr")
	f.addProfiles(c)
	return c
}

func (f *reproduction) run(c *cobra.Command, names []string) error {
	chosen, err := f.choose(names)
	if err != nil {
		return err
	}
	o, err := f.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	drawn, err := f.draw(c, chosen, o.Profiles)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if f.json {
		b.Write(figures.JSON(drawn))
	} else {
		printFigures(&b, drawn)
	}
	if err := write(c, b.Bytes()); err != nil {
		return err
	}
	if held, claims := figures.Tally(drawn); f.require && held < claims {
		return failure{fmt.Errorf("%d of %d claims do not hold", claims-held, claims)}
	}
	return nil
}

func (f *reproduction) choose(names []string) (chosen []figures.Figure, err error) {
	if f.all {
		if len(names) > 0 {
			return nil, fmt.Errorf("--all: there are names beside it (must be one or the other)")
		}
		return figures.All(), nil
	}
	if len(names) == 0 {
		return nil, errors.New("figure: no name (need one or more, or --all; metronome list figures has them)")
	}
	for _, name := range names {
		x, err := figures.Lookup(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, x)
	}
	return chosen, nil
}

// draw runs the figures and writes their files, if a folder is asked for.
func (f *reproduction) draw(c *cobra.Command, chosen []figures.Figure, profiles fs.FS) ([]figures.Drawn, error) {
	folder := f.out
	if folder == "" {
		temporary, err := os.MkdirTemp("", "metronome-")
		if err != nil {
			return nil, failure{err}
		}
		defer os.RemoveAll(temporary)
		folder = temporary
	} else if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("--out: %w (must be a folder that can be written)", err)
	}
	lab, err := figures.Open(profiles, folder)
	if err != nil {
		return nil, failure{err}
	}
	var drawn []figures.Drawn
	for i, x := range chosen {
		f.tell(c.ErrOrStderr(), i, len(chosen), x)
		r, err := x.Draw(c.Context(), lab)
		if errors.Is(err, context.Canceled) {
			return nil, errInterrupted
		}
		if err != nil {
			return nil, failure{fmt.Errorf("figure %s: %w", x.Name, err)}
		}
		drawn = append(drawn, figures.Drawn{Figure: x, Result: r})
	}
	if f.out != "" {
		if err := figures.Write(folder, drawn); err != nil {
			return nil, failure{err}
		}
	}
	return drawn, nil
}

// tell says on a terminal which figure is being drawn.
func (f *reproduction) tell(stderr io.Writer, i, n int, x figures.Figure) {
	if !f.quiet && isTerminal(stderr) {
		fmt.Fprintf(stderr, "%d of %d: %s, %s\n", i+1, n, x.Name, x.Title)
	}
}
