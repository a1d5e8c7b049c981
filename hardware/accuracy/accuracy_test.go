// Package accuracy compares predicted step times with measured ones.
package accuracy

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

var page = flag.String("page", "", "write the page on accuracy to this `file`")

const opening = `# Accuracy of step times

Relative errors of predicted against measured times. Regenerate this page, which needs the recorded measurements beside the repository, with

    go test ./hardware/accuracy -page ../../docs/accuracy.md

Errors are |predicted / measured − 1|; bias is the mean of predicted / measured − 1. What the sources are, docs/hardware.md says.
`

// The targets that the tests hold the predictions to.
func TestPredictionsMeetTheirTargets(t *testing.T) {
	loops, batches, blocks := closedLoops(t), wholeBatches(t), cacheBlocks(t)
	check := func(what string, got, most float64) {
		t.Logf("%s: %.1f %% (at most %.0f %%)", what, 100*got, 100*most)
		if got > most {
			t.Errorf("%s: %.1f %%, more than %.0f %%", what, 100*got, 100*most)
		}
	}
	check("closed loops on H100, mean", loops.mape("h100"), 0.08)
	check("closed loops on H200, mean", loops.mape("h200"), 0.06)
	check("batches of Splitwise, median", batches.median("Llama-2-70B"), 0.10)
	check("batches of Yi-34B, median", batches.median("Yi-34B"), 0.10)
	worst := blocks.all("")
	check("KV blocks, worst", worst[len(worst)-1], 0.03)
	if *page == "" {
		return
	}
	var b strings.Builder
	b.WriteString(opening)
	fmt.Fprintf(&b, "\n## Against the targets\n\n| | measured here %% | target %% |\n|---|---|---|\n")
	for _, f := range families(t) {
		fmt.Fprintf(&b, "| kernels: %s, held-back points, median (90th percentile) | %.1f (%.1f) | 3 (12) |\n", f.name, 100*f.median, 100*f.p90)
	}
	for _, row := range []struct {
		what      string
		got, most float64
	}{
		{"closed loops on H100, TPOT, mean", loops.mape("h100"), 0.08},
		{"closed loops on H200, TPOT, mean", loops.mape("h200"), 0.06},
		{"whole batches of Llama-2-70B (Splitwise), median", batches.median("Llama-2-70B"), 0.10},
		{"batches of Yi-34B (Sarathi-Serve), median", batches.median("Yi-34B"), 0.10},
		{"KV blocks, worst", worst[len(worst)-1], 0.03},
	} {
		fmt.Fprintf(&b, "| %s | %.1f | %.0f |\n", row.what, 100*row.got, 100*row.most)
	}
	b.WriteString("\n" + kernels(t) + "\n" + sanity(t))
	for _, s := range []*section{loops, batches, blocks, denseOperators(t), layerTables(t), meanPower(t)} {
		b.WriteString("\n" + s.markdown())
	}
	if err := os.WriteFile(*page, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A family is the mean of what the tables of one kind of kernel state, weighted by
// their points.
type family struct {
	name                string
	points, median, p90 float64
}

func families(t *testing.T) []*family {
	all := []*family{{name: "products"}, {name: "prefill attention"}, {name: "decode attention"}, {name: "experts"}}
	add := func(f *family, t *hardware.Table) {
		n := float64(t.Fit.Points)
		f.points += n
		f.median += n * t.Fit.Median
		f.p90 += n * t.Fit.P90
	}
	for _, g := range measured(t) {
		for _, table := range g.Kernels.GEMM {
			add(all[0], table)
		}
		add(all[1], g.Kernels.Prefill)
		add(all[2], g.Kernels.Decode)
		for _, table := range g.Kernels.MoE {
			add(all[3], table)
		}
	}
	for _, f := range all {
		f.median /= f.points
		f.p90 /= f.points
	}
	return all
}

// measured returns the GPUs that have kernels of their own.
func measured(t *testing.T) []hardware.GPU {
	names, err := hardware.Names(profiles.FS, "gpus")
	if err != nil {
		t.Fatal(err)
	}
	var all []hardware.GPU
	for _, name := range names {
		g, err := hardware.OpenGPU(profiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Measured() {
			all = append(all, g)
		}
	}
	return all
}

// TestShippedTablesStateSmallResiduals needs no recorded measurements.
func TestShippedTablesStateSmallResiduals(t *testing.T) {
	for _, f := range families(t) {
		if f.median > 0.03 || f.p90 > 0.12 {
			t.Errorf("%s: median %.1f %%, 90th percentile %.1f %%", f.name, 100*f.median, 100*f.p90)
		}
	}
}

// kernels returns the residuals that the profiles state.
func kernels(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`## Kernels

Single kernels against the tables they were fitted from. Held-back points are a fifth of all, drawn at random; of held-back kernels (a tenth: a matrix shape, a number of heads, a set
of experts) no point took part. The shipped tables are then fitted to all points. Left out, because repeated calls hit the L2 cache and iterations of a model do not: points faster
than memory whose operands fit that cache.

| | points | left out | held-back points: median % | 90th percentile % | held-back kernels: median % | 90th percentile % |
|---|---|---|---|---|---|---|
`)
	row := func(name string, t *hardware.Table) {
		if t != nil {
			f := t.Fit
			fmt.Fprintf(&b, "| %s | %d | %d | %.1f | %.1f | %.1f | %.1f |\n", name, f.Points, f.CacheHits, 100*f.Median, 100*f.P90, 100*f.ShapeMedian, 100*f.ShapeP90)
		}
	}
	for _, g := range measured(t) {
		name := g.Name
		for _, p := range slices.Sorted(maps.Keys(g.Kernels.GEMM)) {
			row(name+" products "+string(p), g.Kernels.GEMM[p])
		}
		row(name+" prefill attention", g.Kernels.Prefill)
		row(name+" decode attention", g.Kernels.Decode)
		for _, p := range slices.Sorted(maps.Keys(g.Kernels.MoE)) {
			row(name+" experts "+string(p), g.Kernels.MoE[p])
		}
	}
	return b.String()
}
