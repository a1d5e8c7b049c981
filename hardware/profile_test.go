package hardware

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"metronome/profiles"
)

const specification = `title = "x"
source = "y"
memory_gib = 80.0
bandwidth_gbps = 3000.0
[tflops]
bf16 = 900.0
[link]
gpus_per_node = 8
intra_node_gbps = 400.0
inter_node_gbps = 50.0
`

const tinyKernels = `[kernels]
engine = "e"
source = "s"
[kernels.gemm.bf16]
floor_us = 2.0
rows = """
4096 4096 500
"""
columns = """
1 600
4096 300
"""
`

func openText(text string) (GPU, error) {
	return OpenGPU(fstest.MapFS{"gpus/x.toml": {Data: []byte(text)}}, "x")
}

func TestBadProfilesGiveOneLineWithFileAndReason(t *testing.T) {
	if _, err := openText(specification + tinyKernels); err != nil {
		t.Fatal(err)
	}
	for word, text := range map[string]string{
		`gpus/x.toml:3: unknown key "memory"`: strings.Replace(specification, "memory_gib", "memory", 1),
		"must be above 0":                     strings.Replace(specification, "900.0", "-900.0", 1),
		"gpus/x.toml:6: expected":             strings.Replace(specification, "[tflops]", "[tflops", 1),
		"unknown precision":                   strings.Replace(specification, "bf16 = 900.0", "bf16 = 900.0\nfp3 = 1.0", 1),
		"two columns":                         specification + strings.Replace(tinyKernels, "4096 300\n", "", 1),
		"in order":                            specification + strings.Replace(tinyKernels, "1 600\n", "8192 600\n", 1),
		"1 factors":                           specification + strings.Replace(tinyKernels, "1 600", "1 600 7", 1),
		"whole numbers":                       specification + strings.Replace(tinyKernels, "1 600", "1 a", 1),
		"key below 1":                         specification + strings.Replace(tinyKernels, "4096 4096", "0 4096", 1),
		"a collective":                        specification + tinyKernels + "[[kernels.all_reduce]]\nranks = 2\nbytes = [2.0, 1.0]\nus = [1.0, 2.0]\n",
		"idle at most peak":                   specification + "[power]\nidle_w = 500.0\npeak_w = 400.0\nexponent = 1.0\n",
		"x has no kernels":                    `relative = "x"` + "\n" + specification,
		"unknown gpu":                         `relative = "z"` + "\n" + specification,
	} {
		_, err := openText(text)
		if err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v (want %q)", err, word)
		}
	}
}

func TestUnmeasuredGPUsBorrowAndSaySo(t *testing.T) {
	d := fitting(t, "l4", "llama-3.2-1b")
	if text := strings.Join(d.Assumptions(), "\n"); !strings.Contains(text, "unmeasured") || !strings.Contains(text, "l40s") {
		t.Error(text)
	}
	near, err := OpenGPU(profiles.FS, "l40s")
	if err != nil {
		t.Fatal(err)
	}
	here, there := newGEMM(&d.GPU, 4096, 4096, BF16), newGEMM(&near, 4096, 4096, BF16)
	for _, m := range []float64{1, 4096} {
		a, b := here.alone(m), there.alone(m)
		if r := (a.Seconds / a.Bound()) / (b.Seconds / b.Bound()); r < 0.4 || r > 1.1 {
			t.Errorf("at %v tokens the ratios of the two differ by %v", m, r)
		}
	}
}

func FuzzGPU(f *testing.F) {
	f.Add(specification)
	f.Add(specification + tinyKernels)
	model, err := OpenModel(profiles.FS, "gpt2")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := openText(text)
		if err != nil {
			return
		}
		d := Deployment{GPU: g, Model: model, Precision: BF16, KVPrecision: BF16, Tensor: 1, Pipeline: 1, Expert: 1, Data: 1}
		for _, o := range d.operators() {
			if c := o.cost(1, 1); time.Duration(c.Seconds*1e9) < 0 {
				t.Errorf("%s takes %v s", o.name, c.Seconds)
			}
		}
	})
}
