package study

import (
	"fmt"

	"metronome/metrics"
)

// Rows returns what was assumed, and how far figures are likely to be off: the part
// of the report that no metric knows.
func (p *Plan) Rows() []metrics.Row {
	x, d := p.Experiment, p.Deployment
	var rows []metrics.Row
	add := func(name string, value any) {
		if n, ok := value.(int); ok {
			value = int64(n)
		}
		rows = append(rows, metrics.Row{Group: "assumptions", Name: name, Value: value})
	}
	add("workload", p.Source())
	add("gpu", d.GPU.Name)
	add("model", d.Model.Name)
	add("engine", d.Engine.Name)
	add("precision", string(d.Precision))
	add("kv_precision", string(d.KVPrecision))
	add("tensor_parallel", d.Tensor)
	add("pipeline_parallel", d.Pipeline)
	add("replicas", p.Replicas())
	add("policy", p.Policy.Name)
	add("router", p.router.Name)
	add("max_sequences", *x.Scheduler.MaxSequences)
	add("token_budget", *x.Scheduler.TokenBudget)
	add("block_size", *x.Scheduler.BlockSize)
	add("kv_blocks", p.Blocks)
	add("max_model_len", d.MaxModelLen)
	add("max_output_tokens", *x.Scheduler.MaxOutputTokens)
	return append(rows, uncertaintyRows(&d)...)
}

// Source returns the name of the workload.
func (p *Plan) Source() string {
	if p.Experiment.merged() {
		return fmt.Sprintf("%d tenants", len(p.Experiment.Tenants))
	}
	return p.Experiment.Workload.source()
}

func (w Workload) source() string {
	switch {
	case w.Trace != "":
		return relative(".", w.Trace)
	case w.Source != "":
		return w.Source
	}
	return "synthetic"
}
