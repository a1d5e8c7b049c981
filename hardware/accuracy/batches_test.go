package accuracy

import (
	"fmt"
	"slices"
	"testing"

	"metronome/hardware"
)

// wholeBatches compares static batches of whole models, on engines of their time.
func wholeBatches(t *testing.T) *section {
	s := &section{title: "Whole batches", text: `Static batches of Llama-2-70B (Splitwise, vLLM of 2023 without CUDA graphs: engine profiles splitwise-a100 and splitwise-h100), and batch times of Yi-34B on two
A100 PCIe (Sarathi-Serve, engine profile sarathi, decodes with 1,024 cached tokens each). Five constants per engine profile were chosen on these points.`}
	splitwise(t, s)
	engine := hardware.Spec{GPU: "a100-pcie", Model: "yi-34b", Engine: "sarathi"}
	_, cost := deploy(t, engine, 2)
	for _, p := range [][2]float64{{128, 48}, {256, 121}, {512, 106}, {1024, 214}, {2048, 366}, {4096, 758}, {8192, 1863}, {16384, 4408}} {
		var shape hardware.Shape
		shape.Chunk(int(p[0]), 0)
		s.add("Yi-34B A100 tp2 prefill", cost.IterationTime(shape).Seconds()*1e3, p[1])
	}
	for _, p := range [][2]float64{{1, 46.8}, {2, 47.5}, {4, 48.8}, {8, 69.7}, {16, 77.3}, {32, 87.9}, {64, 127.8}, {128, 189.3}} {
		shape := hardware.Shape{Decodes: int(p[0]), DecodeContext: int(p[0]) * 1024}
		s.add("Yi-34B A100 tp2 decode", cost.IterationTime(shape).Seconds()*1e3, p[1])
	}
	return s
}

func splitwise(t *testing.T, s *section) {
	costs := map[string]hardware.CostModel{}
	gpus := map[string]string{"a100-80gb": "a100", "h100-80gb": "h100"}
	for _, r := range records(t, "steptime/splitwise/perf_model.csv") {
		gpu := gpus[r["hardware"]]
		if gpu == "" || r["model"] != "llama2-70b" {
			continue
		}
		family := fmt.Sprintf("Llama-2-70B %s tp%s", gpu, r["tensor_parallel"])
		if costs[family] == nil {
			_, costs[family] = deploy(t, hardware.Spec{GPU: gpu + "-sxm", Model: "llama-2-70b", Engine: "splitwise-" + gpu}, r.whole("tensor_parallel"))
		}
		n, prompt := r.whole("batch_size"), r.whole("prompt_size")
		var whole hardware.Shape
		for range n {
			whole.Chunk(prompt, 0)
		}
		decode := hardware.Shape{Decodes: n, DecodeContext: n * (prompt + r.whole("token_size")/2)}
		s.add(family+" prefill", costs[family].IterationTime(whole).Seconds()*1e3, r.number("prompt_time"))
		s.add(family+" decode", costs[family].IterationTime(decode).Seconds()*1e3, r.number("token_time"))
	}
	slices.Sort(s.families)
}
