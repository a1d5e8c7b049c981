package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"metronome/live/calibration"
	"metronome/metrics"
	"metronome/report"
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
	o := metrics.Options{SLO: p.Experiment.SLO, Requests: len(run.Requests), Recorded: true}
	twin := liveTwin{p.Experiment.SLO.Index, scored(simulated, o), scored(run.Measured, o)}
	table, rows := twin.errors()
	if f.out != "" {
		if err := twin.keep(f.out, table); err != nil {
			return err
		}
	}
	if f.json {
		r := metrics.Report{Rows: rows}
		return write(c, r.JSON())
	}
	return write(c, twin.text(table))
}

// errors returns how far the figures are off, for people and for programs.
func (t liveTwin) errors() (table report.Table, rows []metrics.Row) {
	table = report.Table{Title: "Errors", Head: []string{"", "simulated", "measured", "error"}}
	simulated, measured := t.simulated.report, t.measured.report
	for _, x := range heldAgainst {
		s, known := simulated.Lookup(x.key)
		m, measuredToo := measured.Lookup(x.key)
		off := math.NaN()
		if known && measuredToo {
			off = x.by(s, m)
		}
		table.Rows = append(table.Rows, []string{x.name, show(simulated, x.key), show(measured, x.key), strings.TrimSpace(fmt.Sprintf("%+.3g %s", off, x.unit))})
		rows = append(rows, metrics.Row{Group: "live", Name: x.key, Stat: "simulated", Value: s},
			metrics.Row{Group: "live", Name: x.key, Stat: "measured", Value: m},
			metrics.Row{Group: "live", Name: x.key, Stat: "error", Value: off})
	}
	mean, near := t.apart()
	return table, append(rows, metrics.Row{Group: "live", Name: "fluidity_per_request", Stat: "mean_error", Value: mean},
		metrics.Row{Group: "live", Name: "fluidity_per_request", Stat: "share_within_0.05", Value: near})
}

// text returns the table as it is printed, and how requests fare one by one.
func (t liveTwin) text(table report.Table) []byte {
	var b bytes.Buffer
	for _, row := range append([][]string{table.Head}, table.Rows...) {
		fmt.Fprintf(&b, "%-20s%12s%12s%12s\n", row[0], row[1], row[2], row[3])
	}
	mean, near := t.apart()
	fmt.Fprintf(&b, "request by request, fluidity is off by %s in the mean, by less than 0.05 for %s %% of %d\n", figure(mean), figure(100*near), len(t.measured.replies))
	return b.Bytes()
}
