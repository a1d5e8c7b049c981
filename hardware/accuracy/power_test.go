package accuracy

import (
	"testing"
	"time"

	"metronome/hardware"
)

// meanPower compares the mean power of static batches, a prefill and its decodes,
// with what was measured on A100.
func meanPower(t *testing.T) *section {
	s := &section{title: "Power", text: `Mean power of static batches of Llama-2-70B on A100 (Splitwise): one prefill and 127 decodes. The exponent of the power law was chosen on these points;
idle power is assumed.`}
	for _, r := range records(t, "steptime/splitwise/perf_model.csv") {
		if r["hardware"] != "a100-80gb" || r["model"] != "llama2-70b" || r.number("average_power") == 0 || r.number("token_size") != 128 || r.whole("prompt_size") > 4096 {
			continue
		}
		tp := "tp" + r["tensor_parallel"]
		d, _ := deploy(t, hardware.Spec{GPU: "a100-sxm", Model: "llama-2-70b", Engine: "splitwise-a100"}, r.whole("tensor_parallel"))
		e, ok := d.Energy()
		if !ok {
			t.Fatal("no power figures")
		}
		n, prompt := r.whole("batch_size"), r.whole("prompt_size")
		var whole hardware.Shape
		for range n {
			whole.Chunk(prompt, 0)
		}
		decode := hardware.Shape{Decodes: n, DecodeContext: n * (prompt + 64)}
		first, step := millis(r.number("prompt_time")), millis(r.number("token_time"))
		joules := float64(e.Iteration(&whole, first)+127*e.Iteration(&decode, step)) / 1e6
		s.add("Llama-2-70B A100 "+tp, joules/(first+127*step).Seconds()/e.PeakWatts(), r.number("average_power"))
	}
	return s
}

func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
