package accuracy

import (
	"fmt"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

// sanity returns, for every GPU, how much of its datasheet a few iterations use.
func sanity(t *testing.T) string {
	names, err := hardware.Names(profiles.FS, "gpus")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`## Physical sanity

Share of the peak that whole iterations use: of FLOP/s in prefills, of memory bandwidth in decodes; Llama-3.2-1B, which every GPU holds. None may reach 100, and a test
holds every model on every GPU to that, and to times that grow with tokens, context and batch.

| | prefill 8k: FLOP/s % | prefill 128k: seconds | FLOP/s % | decode of 1: bandwidth % | decode of 256 × 2k: bandwidth % |
|---|---|---|---|---|---|
`)
	for _, name := range names {
		d, cost := deploy(t, hardware.Spec{GPU: name, Model: "llama-3.2-1b"}, 1)
		var short, long hardware.Shape
		short.Chunk(8192, 0)
		long.Chunk(131072, 0)
		one := hardware.Shape{Decodes: 1, DecodeContext: 1024}
		many := hardware.Shape{Decodes: 256, DecodeContext: 256 * 2048}
		fmt.Fprintf(&b, "| %s | %.0f | %.1f | %.0f | %.0f | %.0f |\n", name, 100*arithmetic(&d, cost, short), cost.IterationTime(long).Seconds(),
			100*arithmetic(&d, cost, long), 100*traffic(&d, cost, one), 100*traffic(&d, cost, many))
	}
	return b.String()
}

// arithmetic returns the share of the peak FLOP/s that an iteration uses.
func arithmetic(d *hardware.Deployment, cost hardware.CostModel, s hardware.Shape) float64 {
	flops := 0.0
	for _, l := range d.Explain(s) {
		flops += l.FLOPs
	}
	return flops / d.GPU.Peak(hardware.BF16) / cost.IterationTime(s).Seconds()
}

// traffic returns the share of the peak memory bandwidth that an iteration uses.
func traffic(d *hardware.Deployment, cost hardware.CostModel, s hardware.Shape) float64 {
	bytes := 0.0
	for _, l := range d.Explain(s) {
		bytes += l.Bytes
	}
	return bytes / d.GPU.Bandwidth() / cost.IterationTime(s).Seconds()
}

func TestNoIterationUsesMoreThanTheDatasheetHas(t *testing.T) {
	for _, name := range []string{"a100-sxm", "h100-sxm", "h200-sxm", "b200-sxm", "l40s", "t4", "mi300x"} {
		d, cost := deploy(t, hardware.Spec{GPU: name, Model: "llama-3.2-1b"}, 1)
		for _, n := range []int{1, 100, 8192, 131072} {
			var s hardware.Shape
			s.Chunk(n, 0)
			if a, b := arithmetic(&d, cost, s), traffic(&d, cost, s); a >= 1 || b >= 1 {
				t.Errorf("%s: a prefill of %d tokens uses %.2f of the arithmetic and %.2f of the bandwidth", name, n, a, b)
			}
		}
	}
}
