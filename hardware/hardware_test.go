package hardware_test

import (
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/profiles"
)

func open(t testing.TB, s hardware.Spec) hardware.Deployment {
	t.Helper()
	d, err := hardware.Open(profiles.FS, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func cost(t testing.TB, d hardware.Deployment) hardware.CostModel {
	t.Helper()
	c, err := d.CostModel()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKnownBoundsOfAnEightBillionModel(t *testing.T) {
	c := cost(t, open(t, hardware.Spec{}))
	var prefill hardware.Shape
	prefill.Chunk(8192, 0)
	if got := c.IterationTime(prefill); got < 133*time.Millisecond {
		t.Errorf("a prefill of 8,192 tokens takes %v, less than 100%% of peak allows", got)
	}
	if got := c.IterationTime(hardware.Shape{Decodes: 1, DecodeContext: 1}); got < 4480*time.Microsecond {
		t.Errorf("a decode takes %v, less than reading the weights once", got)
	}
}

func TestUnknownNamesTellWhatMayHaveBeenMeant(t *testing.T) {
	for want, s := range map[string]hardware.Spec{
		`unknown gpu "H100" (did you mean h100-sxm, h100-pcie, `:                                              {GPU: "H100"},
		`unknown gpu "rtx4090" (did you mean rtx-4090, `:                                                      {GPU: "rtx4090"},
		`or write gpus/NAME.toml below a folder for --profiles)`:                                              {GPU: "tpu"},
		`unknown engine "vllm" (did you mean vllm-0.11, vllm-0.12, vllm-0.15? have sarathi, splitwise-a100, `: {Engine: "vllm"},
		`unknown model "meta-llama/Llama-3.1-8B-Instruct" (did you mean llama-3.1-8b, `:                       {Model: "meta-llama/Llama-3.1-8B-Instruct"},
		`unknown model "meta-llama/Meta-Llama-3.1-8B" (did you mean llama-3.1-8b, `:                           {Model: "meta-llama/Meta-Llama-3.1-8B"},
		`unknown gpu "nvidia-l4" (did you mean l4, `:                                                          {GPU: "nvidia-l4"},
		`unknown model "lama-3.1-8b" (did you mean llama-3.1-8b, `:                                            {Model: "lama-3.1-8b"},
		`unknown model "mine" (metronome list models names all; or give the path of a config.json`:            {Model: "mine"},
		`unknown precision "f16" (have bf16, `:                                                                {Precision: "f16"},
	} {
		if _, err := hardware.Open(profiles.FS, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (must contain %s)", err, want)
		}
	}
}

func TestAModelThatDoesNotFitSaysWhatWould(t *testing.T) {
	_, err := open(t, hardware.Spec{Model: "llama-3.1-70b"}).KVBlocks(16)
	if err == nil || !strings.Contains(err.Error(), "tensor_parallel = 2") {
		t.Error(err)
	}
}

func BenchmarkIterationTime(b *testing.B) {
	c := cost(b, open(b, hardware.Spec{}))
	s := hardware.Shape{Decodes: 200, DecodeContext: 200 * 1000, Prefills: 1, PrefillTokens: 512, PrefillContext: 512, PrefillPairs: 400000}
	for b.Loop() {
		s.DecodeContext++
		c.IterationTime(s)
	}
}
