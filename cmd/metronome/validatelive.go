package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"metronome/live/calibration"
	"metronome/metrics"
	"metronome/study"
)

// heldAgainst are the figures of which a live run and its simulation are held against
// each other, and how: by their ratio, or by their difference.
var heldAgainst = []struct {
	name, key string
	by        func(simulated, measured float64) float64
	unit      string
}{
	{"TTFT mean", "latency.ttft_ms.mean", ratio, "%"}, {"TTFT p50", "latency.ttft_ms.p50", ratio, "%"}, {"TTFT p99", "latency.ttft_ms.p99", ratio, "%"},
	{"TBT mean", "latency.tbt_ms.mean", ratio, "%"}, {"TBT p99", "latency.tbt_ms.p99", ratio, "%"},
	{"TPOT mean", "latency.tpot_ms.mean", ratio, "%"}, {"E2E mean", "latency.e2e_ms.mean", ratio, "%"}, {"E2E p99", "latency.e2e_ms.p99", ratio, "%"},
	{"longest stall", "fluidity.longest_stall_ms", ratio, "%"},
	{"fluidity (reset)", "fluidity.reset_mean", difference, ""}, {"fluidity (no-reset)", "fluidity.no_reset_mean", difference, ""},
}

// ratio returns an error in percent.
func ratio(simulated, measured float64) float64 { return 100 * (simulated/measured - 1) }

func difference(simulated, measured float64) float64 { return simulated - measured }

// validateLive plays the requests of a live run through the simulated deployment, and
// prints how far its figures are off. First tokens have no deadline in either.
func (f *runFlags) validateLive(c *cobra.Command, folder string) error {
	run, err := calibration.ReadRun(filepath.Join(folder, study.ExchangesFile))
	if err != nil {
		return err
	}
	p, err := f.plan(c, folder)
	if err != nil {
		return err
	}
	config, err := p.Serve(nil)
	if err != nil {
		return err
	}
	simulated, err := run.Simulate(c.Context(), config, config.Pools[0].Cost, &p.Deployment.Engine)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return failure{err}
	}
	options := metrics.Options{SLO: p.Experiment.SLO, Requests: len(run.Requests), Recorded: true}
	return f.printErrors(c, scored(simulated, options), scored(run.Measured, options))
}

func scored(all []*metrics.Completion, o metrics.Options) *metrics.Report {
	set := metrics.New(o)
	for _, x := range all {
		set.Finished(x)
	}
	return set.Report()
}

func (f *runFlags) printErrors(c *cobra.Command, simulated, measured *metrics.Report) error {
	var text strings.Builder
	var rows []metrics.Row
	fmt.Fprintf(&text, "%-20s%12s%12s%12s\n", "", "simulated", "measured", "error")
	for _, x := range heldAgainst {
		s, known := simulated.Lookup(x.key)
		m, measuredToo := measured.Lookup(x.key)
		off := math.NaN()
		if known && measuredToo {
			off = x.by(s, m)
		}
		fmt.Fprintf(&text, "%-20s%12s%12s%12s\n", x.name, show(simulated, x.key), show(measured, x.key), strings.TrimSpace(fmt.Sprintf("%+.3g %s", off, x.unit)))
		rows = append(rows, metrics.Row{Group: "live", Name: x.key, Stat: "simulated", Value: s},
			metrics.Row{Group: "live", Name: x.key, Stat: "measured", Value: m},
			metrics.Row{Group: "live", Name: x.key, Stat: "error", Value: off})
	}
	if f.json {
		r := metrics.Report{Rows: rows}
		return write(c, r.JSON())
	}
	return write(c, []byte(text.String()))
}
