package fit

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"metronome/hardware"
	"metronome/profiles"
)

// decodeTables writes decode attention of two kernels that take twice their bound, and
// the first of them as another version has it: three times its bound, at fewer sizes
// and one more, and one call twice.
func decodeTables(g *hardware.GPU) (ours, theirs string) {
	var a, b strings.Builder
	a.WriteString("kv_cache_dtype,head_dim,nq,nkv,batch_size,kv_len,latency_ms\n")
	b.WriteString("kernel_source,batch_size,isl,num_heads,num_key_value_heads,head_dim,kv_cache_dtype,step,latency\n")
	for batch := 1; batch <= 256; batch *= 2 {
		for length := 2; length <= 1<<14; length *= 2 {
			for _, heads := range []int{8, 32} {
				t := 1e3 * (g.DecodeBound(batch, length, heads, heads, 128, hardware.BF16).Bound() + 3e-6)
				fmt.Fprintf(&a, "bfloat16,128,%d,%d,%d,%d,%.9f\n", heads, heads, batch, length, 2*t)
				if heads == 8 && length <= 1<<12 {
					fmt.Fprintf(&b, "flash,%d,1,8,0,128,bfloat16,%d,%.9f\n", batch, length-1, 9*t)
					fmt.Fprintf(&b, "flash,%d,1,8,8,128,bfloat16,%d,%.9f\n", batch, length-1, 3*t)
				}
			}
		}
	}
	fmt.Fprintf(&b, "flash,512,1,8,8,128,bfloat16,99,1.0\n")
	return a.String(), b.String()
}

func TestReplacedKernelsAreThoseOfTheOtherVersion(t *testing.T) {
	g := h100(t)
	ours, theirs := decodeTables(g)
	files := tables(gemmTable(g, func(int, int, int) float64 { return 1.5 }))
	files["generation_attention.csv"] = &fstest.MapFile{Data: []byte(ours)}
	k, err := Kernels(files, g, Replacement{"generation_attention", "other.csv", strings.NewReader(theirs)})
	if err != nil {
		t.Fatal(err)
	}
	for heads, want := range map[int]float64{8: 3, 32: 2} {
		if got := k.Decode.Ratio([]int{128, 16, heads, heads}, []int{16, 1024}); math.Abs(got/want-1) > 0.02 {
			t.Errorf("%d heads take %.2f times their bound, want %v", heads, got, want)
		}
	}
	if want := 14*9 + 12*9; k.Decode.Fit.Points != want { // of the first kernel, the sizes that both have
		t.Errorf("%d points, want %d", k.Decode.Fit.Points, want)
	}
	for bad, word := range map[string]string{"a,b\n1,2\n": "no column", strings.Replace(theirs, "bfloat16,1,", "bfloat16,-1,", 1): "step"} {
		_, err := Kernels(files, g, Replacement{"generation_attention", "other.csv", strings.NewReader(bad)})
		if err == nil || !strings.Contains(err.Error(), "other.csv") || !strings.Contains(err.Error(), word) {
			t.Errorf("%v (want %q)", err, word)
		}
	}
}

// The shipped tables of attention are those that the documented command makes.
func TestShippedAttentionIsFittedAsDocumented(t *testing.T) {
	const kernels, other = "../../../shared/data/kernels", "../../../shared/data/validation/steptime/aiconfigurator"
	if testing.Short() {
		t.Skip("fits tables of tens of thousands of rows")
	}
	if _, err := os.Stat(other); err != nil {
		t.Skip("there are no measured kernels beside the repository")
	}
	for gpu, families := range map[string][]string{"h100-sxm": Replaceable, "l40s": Replaceable[1:]} {
		g, err := hardware.OpenGPU(profiles.FS, gpu)
		if err != nil {
			t.Fatal(err)
		}
		var replaced []Replacement
		for _, family := range families {
			name := filepath.Join(other, strings.ReplaceAll(gpu, "-", "_")+"_attention_vllm_0.14.0_"+family+"_perf.csv.gz")
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			replaced = append(replaced, Replacement{family, name, f})
		}
		files := os.DirFS(kernels)
		prefill, err := fitAttention(files, &g, "context_attention", "isl", g.PrefillBound, replaced)
		if err != nil {
			t.Fatal(err)
		}
		decode, err := fitAttention(files, &g, "generation_attention", "kv_len", g.DecodeBound, replaced)
		if err != nil {
			t.Fatal(err)
		}
		if !alike(prefill, g.Kernels.Prefill) || !alike(decode, g.Kernels.Decode) {
			t.Errorf("%s: the shipped attention is another", gpu)
		}
	}
}

func alike(a, b *hardware.Table) bool {
	return fmt.Sprint(a.Rows, a.Columns, a.Fit) == fmt.Sprint(b.Rows, b.Columns, b.Fit)
}
