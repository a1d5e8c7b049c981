package accuracy

import (
	"fmt"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

func TestKV(t *testing.T) {
	for _, x := range read(t, "experiments.csv") {
		tp := int(num(x["tp"]))
		model := map[string]string{"meta-llama/Llama-2-7b-hf": "llama-2-7b", "meta-llama/Llama-2-70b-hf": "llama-2-70b", "mistralai/Mixtral-8x7B-v0.1": "mixtral-8x7b",
			"Qwen/Qwen2.5-7B-Instruct": "qwen2.5-7b", "meta-llama/Llama-3.1-70B-Instruct": "llama-3.1-70b", "meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b", "meta-llama/Llama-3.1-8B": "llama-3.1-8b", "mistralai/Mistral-Nemo-Instruct-2407": "mistral-nemo-12b"}[x["model"]]
		gpu := "h100-sxm"
		if strings.HasPrefix(x["gpu"], "A100") {
			gpu = "a100-sxm"
		}
		util := num(x["gpu_mem_util"])
		d, err := hardware.Open(profiles.FS, hardware.Spec{GPU: gpu, Model: model, TensorParallel: &tp, MemoryUtilization: &util})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := d.KVBlocks(16)
		want := num(x["kv_blocks_gpu"])
		m := d.Memory()
		left := m.Budget - m.Weights - want*16*d.KVBytesPerToken()
		fmt.Printf("%-44s %s tp%d budget %s util %v got %d want %.0f %+.1f%% left over %.3f GiB  w %.2f | %s\n", x["exp_id"], model, tp, x["max_num_batched_tokens"], util, b, want, (float64(b)/want-1)*100, left/(1<<30), m.Weights/(1<<30), x["notes"])
	}
}
