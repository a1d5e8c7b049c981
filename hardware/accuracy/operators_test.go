package accuracy

import (
	"slices"
	"testing"

	"metronome/hardware"
)

// denseOperators compares the products of single layers with those that Vidur
// measured, with an engine and in a year that no profile here is fitted to.
func denseOperators(t *testing.T) *section {
	s := &section{title: "Products of single layers, another engine", text: `Projections and MLP of single layers as Vidur measured them (2024), at 64 tokens and more. Nothing is fitted to these points.`}
	operators := map[string]string{
		"time_stats.attn_pre_proj.median": "qkv", "time_stats.attn_post_proj.median": "output",
		"time_stats.mlp_up_proj.median": "gate-up", "time_stats.mlp_down_proj.median": "down",
	}
	for _, file := range []struct{ name, gpu, model string }{
		{"mlp_a100_meta-llama_Meta-Llama-3-8B", "a100-sxm", "llama-3.1-8b"},
		{"mlp_h100_meta-llama_Llama-2-70b-hf", "h100-sxm", "llama-2-70b"},
		{"mlp_h100_meta-llama_Llama-2-7b-hf", "h100-sxm", "llama-2-7b"},
		{"mlp_a100_meta-llama_Llama-2-70b-hf", "a100-sxm", "llama-2-70b"},
	} {
		deployments := map[int]hardware.Deployment{}
		for i, r := range records(t, "steptime/vidur/"+file.name+".csv.gz") {
			tokens, tp := r.whole("num_tokens"), r.whole("num_tensor_parallel_workers")
			if i%5 > 0 || tokens < 64 || tp > 8 {
				continue
			}
			if _, ok := deployments[tp]; !ok {
				deployments[tp], _ = deploy(t, hardware.Spec{GPU: file.gpu, Model: file.model}, tp)
			}
			d := deployments[tp]
			for column, operator := range operators {
				predicted := call(&d, hardware.Shape{Decodes: tokens, DecodeContext: tokens}, operator) / 1e3
				s.add(file.gpu+" "+file.model+": "+operator, predicted, r.number(column))
			}
		}
	}
	slices.Sort(s.families)
	return s
}
