package fit

import (
	"os"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

func TestTry(t *testing.T) {
	for _, name := range []string{"a100-sxm", "h100-sxm", "h200-sxm", "b200-sxm", "l40s"} {
		g, err := hardware.OpenGPU(profiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		k, err := Kernels(os.DirFS("../../../shared/data/kernels"), &g)
		if err != nil {
			t.Fatal(err)
		}
		for p, x := range k.GEMM {
			t.Log(name, "gemm", p, x.Fit)
		}
		for p, x := range k.MoE {
			t.Log(name, "moe", p, x.Fit, len(x.Rows))
		}
		t.Log(name, k.Prefill.Fit, k.Decode.Fit)
		k.Engine, k.Source = "vLLM 0.24", "ai-dynamo/aiconfigurator @095f58a5, kernel tables (Apache-2.0)"
		if name == "a100-sxm" {
			k.Engine = "SGLang 0.5.10 and vLLM 0.14"
		}
		old, _ := os.ReadFile("../../profiles/gpus/" + name + ".toml")
		head, _, _ := strings.Cut(string(old), "[kernels]")
		f, _ := os.Create("../../profiles/gpus/" + name + ".toml")
		f.WriteString(strings.TrimSpace(head) + "\n\n")
		Write(f, k)
		f.Close()
	}
}
