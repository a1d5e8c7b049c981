package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"metronome/study/validation"
)

// A comparison prints how far predictions are from records.
type comparison struct {
	out    io.Writer
	report *validation.Report
}

// compared are the metrics that tables of runs show.
var compared = []string{"e2e_mean", "e2e_p99", "ttft_mean", "ttft_p99", "tpot"}

func (c comparison) print() {
	c.pooled()
	c.peers()
	c.apart()
	c.runs()
	c.worst()
}

// pooled prints the errors over whole runs.
func (c comparison) pooled() {
	all, steady := c.report.MAPE(validation.All), c.report.MAPE(validation.Steady)
	warm, noise := c.report.Warm(), c.report.Noise()
	fmt.Fprintf(c.out, "%-18s%10s%10s%6s%12s%10s%10s\n", "error, whole runs", "mean", "median", "n", "not overld", "warm", "noise")
	for _, m := range validation.Metrics {
		if p, ok := all[m]; ok {
			fmt.Fprintf(c.out, "  %-16s%10s%10s%6d%12s%10s%10s\n", m, share(p.Mean), share(p.Median), p.N,
				poolMean(steady, m), poolMean(warm, m), poolMean(noise, m))
		}
	}
}

// peers prints the errors of other simulators, and ours on the same runs.
func (c comparison) peers() {
	peers := c.report.Compare()
	if len(peers) == 0 {
		return
	}
	fmt.Fprintf(c.out, "\n%-26s", "others, and we on theirs")
	for _, m := range compared {
		fmt.Fprintf(c.out, "%10s", m)
	}
	fmt.Fprintln(c.out, "   n")
	for _, p := range peers {
		for _, line := range []struct {
			name  string
			pools validation.Pools
		}{{p.Name, p.Errors}, {"  Metronome", p.Ours}} {
			fmt.Fprintf(c.out, "  %-24.24s", line.name)
			for _, m := range compared {
				fmt.Fprintf(c.out, "%10s", poolMean(line.pools, m))
			}
			fmt.Fprintf(c.out, "%4d\n", line.pools["e2e_mean"].N)
		}
		if p.PublishedITL.N > 0 {
			fmt.Fprintf(c.out, "  %-24s%50s\n", "  (ITL as published)", share(p.PublishedITL.Mean))
		}
	}
}

// runs prints what was predicted and measured of each run.
func (c comparison) runs() {
	fmt.Fprintf(c.out, "\n%-8s", "ms")
	for _, stat := range shownStats {
		fmt.Fprintf(c.out, "%18s", stat)
	}
	fmt.Fprintln(c.out, "\n  predicted / measured")
	for _, run := range c.report.Runs {
		if len(run.Spans) == 0 {
			continue
		}
		fmt.Fprintln(c.out, run.Experiment.ID)
		for i := range run.Spans {
			c.span(&run.Spans[i])
			if run.Whole() != nil {
				break // its stages are in the files
			}
		}
		text := fmt.Sprintf("%d preemptions", run.Preemptions)
		if p := run.PerRequest; p != nil {
			text += fmt.Sprintf("; %d failures measured; KS of E2E %.3f, of TTFT %.3f; TPOT per request %.1f %% off", p.Failed, p.E2E, p.TTFT, p.TPOT)
		}
		page{out: c.out}.text("  ", text)
	}
}

var shownStats = []string{"mean", "p50", "p90", "p99"}

// span prints the figures of a whole run or of a stage.
func (c comparison) span(s *validation.Span) {
	text := fmt.Sprintf("%d requests, %s /s finished, %d failed", s.Requests, figure(s.Rate), s.Failed)
	if f, ok := s.Figure("throughput"); ok {
		text += fmt.Sprintf(" (measured %s /s)", figure(f.Measured))
	}
	if s.Stage >= 0 {
		text = fmt.Sprintf("stage %d: %s", s.Stage, text)
	}
	page{out: c.out}.text("  ", text)
	for _, metric := range []string{"e2e", "ttft", "tpot"} {
		line := fmt.Sprintf("  %-6s", strings.ToUpper(metric))
		for _, stat := range shownStats {
			name := metric + "_" + stat
			if name == "tpot_mean" {
				name = "tpot"
			}
			cell := ""
			if f, ok := s.Figure(name); ok {
				cell = figure(f.Predicted) + " / " + figure(f.Measured)
			}
			line += fmt.Sprintf("%18s", cell)
		}
		fmt.Fprintln(c.out, strings.TrimRight(line, " "))
	}
}

// worst prints the runs with the largest errors and their likely causes.
func (c comparison) worst() {
	fmt.Fprintln(c.out, "\nworst runs")
	for _, run := range c.report.Worst(5) {
		page{out: c.out}.text("  ", run.Experiment.ID+": "+run.Cause()+fmt.Sprintf("; %d preemptions", run.Preemptions))
	}
}

// apart prints what is not pooled: runs of which only stages were recorded, and
// closed loops.
func (c comparison) apart() {
	if stages := c.report.Stages(); len(stages) > 0 {
		fmt.Fprintf(c.out, "\n%-18s%10s%10s%6s\n", "stages only", "mean", "median", "n")
		for _, m := range validation.Metrics {
			if p, ok := stages[m]; ok {
				fmt.Fprintf(c.out, "  %-16s%10s%10s%6d\n", m, share(p.Mean), share(p.Median), p.N)
			}
		}
	}
	loops := c.report.ClosedLoops()
	if len(loops) == 0 {
		return
	}
	fmt.Fprintf(c.out, "\n%-58s%8s%8s%5s\n", "closed loops", "tpot", "ttft", "n")
	for _, name := range slices.Sorted(maps.Keys(loops)) {
		fmt.Fprintf(c.out, "  %-56.56s%8s%8s%5d\n", name, poolMean(loops[name], "tpot"), poolMean(loops[name], "ttft"), loops[name]["tpot"].N)
	}
}

func poolMean(p validation.Pools, metric string) string {
	if v, ok := p[metric]; ok {
		return share(v.Mean)
	}
	return missing
}

// share returns percents with a decimal.
func share(percent float64) string { return strconv.FormatFloat(percent, 'f', 1, 64) }
