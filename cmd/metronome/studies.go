package main

import (
	"bytes"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"metronome/study"
)

// studyCommands are the commands that run an experiment many times.
func studyCommands() []*cobra.Command {
	return []*cobra.Command{capacityCommand(), compareCommand(), sizeCommand(), sweepCommand(), mergeCommand()}
}

// addWorkers adds the flag for how many runs go on at once.
func addWorkers(c *cobra.Command, workers *int) {
	wholeVar(c, workers, "workers", 0, 0, "runs at once; 0 is one for each processor")
}

// report prints the outcome of a study, as JSON or for people, and writes the
// JSON to a file of the folder that was asked for.
func (f *runFlags) report(c *cobra.Command, file string, json []byte, print func(page)) error {
	if f.out != "" {
		if err := study.WriteFile(f.out, file, json); err != nil {
			return err
		}
	}
	if f.json {
		return write(c, json)
	}
	var b bytes.Buffer
	print(page{&b, nil})
	return write(c, b.Bytes())
}

// figure4 returns a figure rounded to four significant digits.
func figure4(x float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	return figure(rounded)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

// plusMinus returns a mean and half the width of its interval.
func plusMinus(i study.Interval) string {
	if math.IsInf(i.Half, 0) || math.IsNaN(i.Half) {
		return figure4(i.Mean)
	}
	return figure4(i.Mean) + " ± " + figure4(i.Half)
}
