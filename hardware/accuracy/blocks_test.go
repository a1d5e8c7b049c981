package accuracy

import (
	"testing"

	"metronome/hardware"
)

var published = map[string]string{
	"meta-llama/Llama-2-7b-hf": "llama-2-7b", "meta-llama/Llama-2-70b-hf": "llama-2-70b", "mistralai/Mixtral-8x7B-v0.1": "mixtral-8x7b",
	"Qwen/Qwen2.5-7B-Instruct": "qwen2.5-7b", "meta-llama/Llama-3.1-70B-Instruct": "llama-3.1-70b", "mistralai/Mistral-Nemo-Instruct-2407": "mistral-nemo-12b",
}

// cacheBlocks compares the size of the KV cache with what engines printed, each
// distinct deployment once.
func cacheBlocks(t *testing.T) *section {
	s := &section{title: "KV blocks", text: `Blocks of 16 tokens that vLLM 0.15 printed at start-up on H100 SXM. The four constants of the memory model were chosen on these points.`}
	seen := map[string]bool{}
	for _, r := range records(t, "experiments.csv") {
		family := published[r["model"]] + " tp" + r["tp"]
		if r["kv_blocks_gpu"] == "" || seen[family+r["kv_blocks_gpu"]] {
			continue
		}
		seen[family+r["kv_blocks_gpu"]] = true
		utilisation := r.number("gpu_mem_util")
		d, _ := deploy(t, hardware.Spec{GPU: "h100-sxm", Model: published[r["model"]], MemoryUtilization: &utilisation}, r.whole("tp"))
		blocks, err := d.KVBlocks(r.whole("block_size"))
		if err != nil {
			t.Fatal(err)
		}
		s.add(family, float64(blocks), r.number("kv_blocks_gpu"))
	}
	return s
}
