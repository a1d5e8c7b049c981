package hardware

import (
	"testing"

	"metronome/profiles"
)

// Weights of fewer bits make no batch of decodes a tenth slower, however few tokens an expert
// gets: no engine would load them else. A lone decode waits for launches alone.
func TestFewerBitsMakeNoDecodeSlower(t *testing.T) {
	for _, gpu := range []string{"h100-sxm", "h200-sxm", "b200-sxm", "l40s"} {
		for _, model := range []string{"llama-3.1-8b", "mixtral-8x7b", "mixtral-8x22b", "llama-4-scout-17b-16e", "qwen3-30b-a3b", "qwen3-235b-a22b", "deepseek-v3"} {
			tensor := 8
			times := func(p Precision) (all []float64) {
				d, err := Open(profiles.FS, Spec{GPU: gpu, Model: model, Precision: p, TensorParallel: &tensor})
				if err != nil {
					t.Fatal(err)
				}
				c, err := d.CostModel()
				if err != nil {
					t.Fatal(err)
				}
				for n := 4; n <= 256; n *= 4 {
					all = append(all, c.IterationTime(Shape{Decodes: n, DecodeContext: 1000 * n}).Seconds())
				}
				return all
			}
			plain, packed := times(BF16), times(FP8)
			for i := range plain {
				if packed[i] > 1.1*plain[i] {
					t.Errorf("%s on %s: %d decodes take %.4f s in fp8, %.4f s in bf16", model, gpu, 4<<(2*i), packed[i], plain[i])
				}
			}
		}
	}
}

// A model is opened in the precision that it was published in, unless another is written.
func TestPublishedPrecisionIsTheDefault(t *testing.T) {
	for model, want := range map[string]Precision{"gpt-oss-120b": MXFP4, "deepseek-r1": FP8, "llama-3.1-8b": BF16} {
		d, err := Open(profiles.FS, Spec{Model: model})
		if err != nil || d.Precision != want {
			t.Errorf("%s is opened in %q, %v; want %q", model, d.Precision, err, want)
		}
	}
	if d, err := Open(profiles.FS, Spec{Model: "gpt-oss-120b", Precision: BF16}); err != nil || d.Precision != BF16 {
		t.Errorf("written bf16 is %q, %v", d.Precision, err)
	}
}
