package validation

import (
	"fmt"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

func TestZZ(t *testing.T) {
	for _, r := range [][]any{
		{"codellama/CodeLlama-34b-Instruct-hf", "H100-SXM-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"codellama/CodeLlama-34b-Instruct-hf", "H100", 2, 1, 1, 1, "", "vLLM", "0.15.1"},
		{"RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", "H100-SXM-80GB", 2, 1, 1, 1, "fp8", "vLLM", "0.15.1"},
		{"meta-llama/Llama-4-Scout-17B-16E-Instruct", "H100-SXM-80GB", 8, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-4-Scout-17B-16E", "H100-SXM-80GB", 4, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"01-ai/Yi-34B", "H100-SXM-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"01-ai/Yi-34B-200K", "A100-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"01-ai/Yi-1.5-34B-Chat", "A100-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-14B", "H100-SXM-80GB", 1, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-14B-FP8", "H100-SXM-80GB", 1, 1, 1, 1, "", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-32B", "H100-SXM-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-32B", "RTX-PRO-6000-96GB", 2, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"Qwen/Qwen3-30B-A3B-Instruct-2507", "RTX-PRO-6000-96GB", 1, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"Qwen/Qwen3-30B-A3B-Instruct-2507", "RTX-PRO-6000-96GB", 1, 2, 1, 2, "bf16", "vLLM", "0.19.0"},
		{"Qwen/Qwen3-30B-A3B", "H100", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"mistralai/Mixtral-8x22B-Instruct-v0.1", "H100-SXM-80GB", 8, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"mistralai/Mixtral-8x22B-v0.1", "H100-SXM-80GB", 4, 1, 1, 1, "fp8", "vLLM", "0.15.1"},
		{"mistralai/Mixtral-8x7B-v0.1", "H100-SXM-80GB", 4, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"mistralai/Mixtral-8x7B-Instruct-v0.1", "A100-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"deepseek-ai/DeepSeek-V2-Lite", "H100", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"deepseek-ai/DeepSeek-V2-Lite-Chat", "A100-SXM4-80GB", 2, 1, 1, 1, "bf16", "vLLM", "0.11"},
		{"deepseek-ai/DeepSeek-V3", "H200", 8, 1, 1, 1, "fp8", "vLLM", "0.11"},
		{"deepseek-ai/DeepSeek-R1-0528", "B200", 8, 1, 1, 1, "fp8", "sglang", "0.5.5"},
		{"openai/gpt-oss-20b", "H100", 1, 1, 1, 1, "mxfp4", "vLLM", "0.15.1"},
		{"openai/gpt-oss-120b", "B200", 1, 1, 1, 1, "fp4", "vLLM", "0.18"},
		{"openai/gpt-oss-120b", "H100", 2, 1, 1, 1, "", "vLLM", "0.18"},
		{"openai/gpt-oss-20b", "A100-80GB", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"microsoft/Phi-4", "A100-80GB", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"microsoft/Phi-3-mini-4k-instruct", "L40S", 1, 1, 1, 1, "bf16", "vLLM", "0.6.6"},
		{"google/gemma-2-9b-it", "L40S", 1, 1, 1, 1, "bf16", "vLLM", "0.8.5"},
		{"google/gemma-2-27b-it", "H100", 1, 1, 1, 1, "bf16", "vLLM", "0.8.5"},
		{"google/gemma-3-27b-it", "H100", 1, 1, 1, 1, "bf16", "vLLM", "0.8.5"},
		{"google/gemma-3-12b-it", "A100-SXM4-40GB", 1, 1, 1, 1, "bf16", "vLLM", "0.8.5"},
		{"RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "H100", 2, 1, 1, 1, "", "vLLM", "0.10.1"},
		{"meta-llama/Llama-3.3-70B-Instruct", "H100", 4, 1, 1, 1, "", "vLLM", "0.10.1"},
		{"nvidia/Llama-3.3-70B-Instruct-FP8", "H200-SXM-141GB", 1, 1, 1, 1, "", "vLLM", "0.12"},
		{"meta-llama/Llama-3.1-8B-Instruct", "L40S-48GB", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-3.1-8B-Instruct", "A100-PCIE-40GB", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-3.1-8B-Instruct", "NVIDIA A10G", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-3.1-8B-Instruct", "NVIDIA A10", 1, 1, 1, 1, "bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-3.1-8B", "NVIDIA RTX 4090", 1, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"meta-llama/Llama-3.1-8B", "RTX4090", 1, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"meta-llama/Llama-3.1-8B", "RTXPRO6000", 1, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"meta-llama/Llama-3.1-8B", "RTX-PRO-6000-Blackwell", 2, 1, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"meta-llama/Llama-3.1-8B", "RTX-PRO-6000-96GB", 1, 2, 1, 1, "bf16", "vLLM", "0.19.0"},
		{"meta-llama/Llama-3.1-8B", "RTX-PRO-6000-96GB", 2, 1, 2, 1, "bf16", "vLLM", "0.19.0"},
		{"Qwen/Qwen2.5-7B-Instruct", "H100-SXM-80GB", 1, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"Qwen/Qwen2.5-72B-Instruct", "H100-SXM-80GB", 4, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-3.1-405B-Instruct-FP8", "H100", 8, 1, 1, 1, "", "vLLM", "0.15.1"},
		{"mistralai/Mistral-Nemo-Instruct-2407", "H100-SXM-80GB", 2, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"mistralai/Mistral-Small-24B-Instruct-2501", "H100-SXM-80GB", 1, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"ibm-granite/granite-3.1-8b-instruct", "H100-SXM-80GB", 1, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"codellama/CodeLlama-7b-Instruct-hf", "L4", 1, 1, 1, 1, "fp16", "vLLM", "0.6.3"},
		{"meta-llama/Llama-2-70b-hf", "A100-SXM4-80GB", 8, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"meta-llama/Llama-2-13b-hf", "GH200", 1, 1, 1, 1, "fp16/bf16", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "H200", 4, 1, 1, 1, "", "vLLM", "0.15.1"},
		{"Qwen/Qwen3-235B-A22B", "H200", 4, 1, 1, 4, "fp8", "vLLM", "0.15.1"},
		{"meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", "H100", 8, 1, 1, 1, "fp8", "vLLM", "0.15.1"},
		{"meta-llama/Meta-Llama-3-8B-Instruct", "A100-SXM4-40GB", 1, 1, 1, 1, "", "vLLM", "0.6.2"},
		{"zai-org/GLM-4.5-Air-FP8", "H200", 4, 1, 1, 1, "", "vLLM", "0.11"},
		{"moonshotai/Kimi-K2-Instruct", "H200", 16, 1, 1, 1, "fp8", "vLLM", "0.11"},
		{"MiniMaxAI/MiniMax-M2", "H200", 4, 1, 1, 1, "fp8", "vLLM", "0.12"},
	} {
		tp, dp, pp, ep := r[2].(int), r[3].(int), r[4].(int), r[5].(int)
		one := 16
		g := rig{model: r[0].(string), gpu: r[1].(string), precision: r[6].(string), engine: r[7].(string), version: r[8].(string), data: dp}
		g.spec = hardware.Spec{TensorParallel: &tp, PipelineParallel: &pp, ExpertParallel: &ep}
		_ = one
		d, err := g.open(profiles.FS)
		name := fmt.Sprintf("%-48s %-16s tp%d dp%d pp%d ep%d", r[0], r[1], tp, dp, pp, ep)
		if err != nil {
			fmt.Println(name, "ERROR", err)
			continue
		}
		blocks, err := d.KVBlocks(16)
		if err != nil {
			fmt.Println(name, "ERROR", err)
			continue
		}
		c, err := d.CostModel()
		if err != nil {
			fmt.Println(name, "ERROR", err)
			continue
		}
		step := func(n, ctx int) float64 { return float64(c.IterationTime(hardware.Shape{Decodes: n, DecodeContext: n * ctx})) / 1e6 }
		var s hardware.Shape
		s.Chunk(2048, 0)
		m := d.Memory()
		read := m.Weights / d.GPU.Bandwidth() * 1e3
		fl := 0.0
		_ = fl
		fmt.Printf("%s -> %s %s %s %s kv %d | W %.1f GiB read %.2f ms; b1 %.2f (%.0f%%) b32 %.2f b128@1k %.2f; prefill2k %.1f\n", name, d.Model.Name, d.GPU.Name, d.Precision, d.Engine.Name, blocks,
			m.Weights/(1<<30), read, step(1, 500), 100*read/step(1, 500), step(32, 1000), step(128, 1000), float64(c.IterationTime(s))/1e6)
	}
}
