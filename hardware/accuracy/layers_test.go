package accuracy

import (
	"testing"

	"metronome/hardware"
)

// layers are the tables of single layers measured inside vLLM 0.19, on GPUs that
// have no kernel tables here: their profiles borrow efficiencies.
var layers = []struct {
	folder, gpu, model string
	tensor             int
}{
	{"RTX4090_Llama-3.1-8B_bf16_tp1", "rtx-4090", "llama-3.1-8b", 1},
	{"RTXPRO6000_Llama-3.1-8B_bf16_tp1", "rtx-pro-6000", "llama-3.1-8b", 1},
	{"RTXPRO6000_Qwen3-32B_bf16_tp2", "rtx-pro-6000", "qwen3-32b", 2},
	{"RTXPRO6000_Qwen3-30B-A3B-Instruct-2507_bf16_tp1", "rtx-pro-6000", "qwen3-30b-a3b", 1},
}

func layerTables(t *testing.T) *section {
	s := &section{title: "Layers on GPUs without measured kernels", text: `Times of single layers inside vLLM 0.19 (LLMServingSim), on GPUs whose profiles borrow the efficiencies of a relative.`}
	for _, l := range layers {
		d, _ := deploy(t, hardware.Spec{GPU: l.gpu, Model: l.model}, l.tensor)
		folder := "steptime/llmservingsim/" + l.folder + "/"
		products := map[string]string{"qkv_proj": "qkv", "o_proj": "output", "gate_up_proj": "gate-up", "down_proj": "down"}
		for _, r := range records(t, folder+"dense.csv.gz") {
			if operator, ok := products[r["layer"]]; ok {
				shape := hardware.Shape{Decodes: r.whole("tokens"), DecodeContext: r.whole("tokens")}
				s.add(l.gpu+" "+l.model+": products", call(&d, shape, operator), r.number("time_us"))
			}
		}
		for i, r := range records(t, folder+"attention.csv.gz") {
			if i%16 > 0 && r.whole("n_decode") > 0 && r.whole("prefill_chunk") > 0 { // enough of the many mixed ones
				continue
			}
			chunk, past, n, context := r.whole("prefill_chunk"), r.whole("kv_prefill"), r.whole("n_decode"), r.whole("kv_decode")
			shape := hardware.Shape{Decodes: n, DecodeContext: n * context}
			if chunk > 0 {
				shape.Chunk(chunk, past)
			}
			family := "mixed attention"
			switch {
			case n == 0 && past == 0:
				family = "prefill attention"
			case n == 0:
				family = "prefill attention after cached tokens"
			case chunk == 0:
				family = "decode attention"
			}
			predicted := call(&d, shape, "prefill attention") + call(&d, shape, "decode attention")
			s.add(l.gpu+" "+l.model+": "+family, predicted, r.number("time_us"))
		}
	}
	return s
}

// call returns the microseconds of one call of an operator in an iteration, 0 if it has none.
func call(d *hardware.Deployment, s hardware.Shape, operator string) float64 {
	for _, l := range d.Explain(s) {
		if l.Operator == operator {
			return l.Seconds / l.Calls * 1e6
		}
	}
	return 0
}
