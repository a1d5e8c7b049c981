package fit

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"metronome/hardware"
)

// Write writes the table [kernels] of a profile.
func Write(w io.Writer, k *hardware.Kernels) error {
	var b strings.Builder
	fmt.Fprintf(&b, "[kernels]\nengine = %q\nsource = %q\n", k.Engine, k.Source)
	for _, p := range slices.Sorted(maps.Keys(k.GEMM)) {
		writeTable(&b, "gemm."+string(p), "n, k", "m", k.GEMM[p])
	}
	writeTable(&b, "prefill", "head_dim, bits of the cache, heads, KV heads", "batch, prompt tokens", k.Prefill)
	writeTable(&b, "decode", "head_dim, bits of the cache, heads, KV heads", "batch, context", k.Decode)
	for _, p := range slices.Sorted(maps.Keys(k.MoE)) {
		writeTable(&b, "moe."+string(p), "hidden, ffn per rank, experts per token, experts, ranks that share them", "tokens", k.MoE[p])
	}
	writeCollectives(&b, "all_reduce", k.AllReduce)
	writeCollectives(&b, "all_to_all", k.AllToAll)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTable(b *strings.Builder, name, rows, columns string, t *hardware.Table) {
	if t == nil {
		return
	}
	fmt.Fprintf(b, "\n[kernels.%s]\nfloor_us = %.1f\n", name, t.FloorMicros)
	f := t.Fit
	fmt.Fprintf(b, "fit = {points = %d, cache_hits = %d, median = %g, p90 = %g, shape_median = %g, shape_p90 = %g}\n",
		f.Points, f.CacheHits, f.Median, f.P90, f.ShapeMedian, f.ShapeP90)
	writeLines(b, "rows", rows, t.Rows)
	writeLines(b, "columns", columns, t.Columns)
}

func writeLines(b *strings.Builder, key, keys string, lines hardware.Lines) {
	text, _ := lines.MarshalText() // cannot fail
	fmt.Fprintf(b, "# %s, then factors in thousandths\n%s = \"\"\"\n%s\"\"\"\n", keys, key, text)
}

func writeCollectives(b *strings.Builder, name string, all []hardware.Collective) {
	for _, c := range all {
		fmt.Fprintf(b, "\n[[kernels.%s]]\nranks = %d\nbytes = %s\nus = %s\n", name, c.Ranks, floats(c.Bytes), floats(c.Micros))
	}
}

func floats(values []float64) string {
	var words []string
	for _, v := range values {
		words = append(words, strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00"))
	}
	text := strings.Join(words, ", ")
	if !strings.Contains(text, ".") { // an array of numbers of one type
		return "[" + strings.Join(words, ".0, ") + ".0]"
	}
	return "[" + text + "]"
}
