package validation

import (
	"testing"

	"metronome/profiles"
)

func TestGPUsAreFoundByTheirManyNames(t *testing.T) {
	for text, want := range map[string]string{
		"H100-SXM-80GB": "h100-sxm", "H100-SXM-80GB (GKE nvidia-h100-80gb)": "h100-sxm", "NVIDIA H100 80GB HBM3": "h100-sxm", "h100_sxm": "h100-sxm",
		"H100": "h100-sxm", "H100-PCIe-80GB": "h100-pcie", "A100-80GB": "a100-sxm", "NVIDIA A100-SXM4-80GB": "a100-sxm", "A100 PCIe": "a100-pcie",
		"RTX-PRO-6000-96GB": "rtx-pro-6000", "RTXPRO6000": "rtx-pro-6000", "NVIDIA RTX PRO 6000 Blackwell Server Edition": "rtx-pro-6000",
		"RTX4090": "rtx-4090", "NVIDIA GeForce RTX 4090": "rtx-4090", "L40S-48GB": "l40s", "NVIDIA L4": "l4", "Tesla": "", "": "", "TPU v5e": "",
		"B200": "b200-sxm", "H200-141GB": "h200-sxm", "AMD Instinct MI300X": "mi300x", "GB200": "gb200", "A10": "a10", "T4": "t4",
		"NVIDIA A10G": "a10g", "NVIDIA RTX 6000 Ada Generation": "rtx-6000-ada", "NVIDIA RTX A6000": "rtx-a6000", "Tesla V100-SXM2-32GB": "v100-sxm",
	} {
		if got, err := findGPU(profiles.FS, text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestModelsAreFoundByTheirIds(t *testing.T) {
	for id, want := range map[string]string{
		"meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b ", "Qwen/Qwen3-32B-FP8": "qwen3-32b fp8", "Qwen/Qwen3-14B": "qwen3-14b ",
		"Qwen/Qwen3-30B-A3B-Instruct-2507": "qwen3-30b-a3b ", "meta-llama/Llama-3.3-70B-Instruct": "llama-3.3-70b ",
		"mistralai/Mixtral-8x7B-Instruct-v0.1": "mixtral-8x7b ", "codellama/CodeLlama-34b-Instruct-hf": "codellama-34b ", "01-ai/Yi-34B": "yi-34b ",
		"RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic": "llama-4-scout-17b-16e fp8", "openai/gpt-oss-120b": "gpt-oss-120b ",
		"TheBloke/Llama-2-70B-Chat-AWQ": "llama-2-70b int4", "mistralai/Mistral-Nemo-Instruct-2407": "mistral-nemo-12b ", "microsoft/phi-4": "phi-4 ",
		"mistralai/Mistral-Small-24B-Instruct-2501": "mistral-small-24b ", "google/gemma-3-27b-it": "gemma-3-27b ",
		"moonshotai/Kimi-K2-Instruct-0905": "kimi-k2 ", "zai-org/GLM-4.5-Air-FP8": "glm-4.5-air fp8", "01-ai/Yi-1.5-34B-Chat": "yi-1.5-34b ", "deepseek-ai/DeepSeek-R1": "deepseek-r1 ",
	} {
		name, precision, err := rig{model: id}.findModel(profiles.FS)
		if got := name + " " + string(precision); got != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", id, got, err, want)
		}
	}
}
