package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

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
	c.runs()
	c.worst()
	c.apart()
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

// runs prints by how much each whole run is off.
func (c comparison) runs() {
	fmt.Fprintf(c.out, "\n%-40s", "predicted − measured")
	for _, m := range []string{"e2e", "e2e p99", "ttft", "ttft p99", "tpot"} {
		fmt.Fprintf(c.out, "%8s", m)
	}
	fmt.Fprintln(c.out)
	for _, run := range c.report.Runs {
		w := run.Whole()
		if w == nil {
			continue
		}
		fmt.Fprintf(c.out, "  %-38.38s", run.Experiment.ID)
		for _, m := range compared {
			cell := missing
			if f, ok := w.Figure(m); ok {
				cell = fmt.Sprintf("%+.1f", (f.Predicted/f.Measured-1)*100)
			}
			fmt.Fprintf(c.out, "%8s", cell)
		}
		fmt.Fprintln(c.out)
		if p := run.PerRequest; p != nil {
			fmt.Fprintf(c.out, "    %d of %d failed (measured %d); KS of E2E %.3f, of TTFT %.3f; TPOT %.1f %%\n",
				w.Failed, w.Requests, p.Failed, p.E2E, p.TTFT, p.TPOT)
		}
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
