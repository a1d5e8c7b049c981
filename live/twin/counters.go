package twin

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// counters are what /metrics tells, by the names of vLLM.
type counters struct {
	preemptions, promptTokens, outputTokens int64
	outcomes                                [metrics.Shed + 1]int64
	ttft, tbt, e2e                          histogram
	tenants                                 map[string]*tenantCounters
}

// tenantCounters are what /metrics tells of a tenant.
type tenantCounters struct {
	promptTokens, outputTokens int64
	outcomes                   [metrics.Shed + 1]int64
}

// tenant returns the counters of a tenant.
func (c *counters) tenant(name string) *tenantCounters {
	if c.tenants == nil {
		c.tenants = map[string]*tenantCounters{}
	}
	t := c.tenants[name]
	if t == nil {
		t = new(tenantCounters)
		c.tenants[name] = t
	}
	return t
}

// tenantText returns the counters of the known tenants, and of all others as "".
func (c *counters) tenantText(names []string) []byte {
	if len(names) == 0 {
		return nil
	}
	var b bytes.Buffer
	names = append(slices.Clone(names), "")
	counter := func(name string, of func(*tenantCounters) int64) {
		fmt.Fprintf(&b, "# TYPE metronome:tenant_%s counter\n", name)
		for _, tenant := range names {
			fmt.Fprintf(&b, "metronome:tenant_%s{tenant=%q} %d\n", name, tenant, of(c.tenant(tenant)))
		}
	}
	counter("prompt_tokens_total", func(t *tenantCounters) int64 { return t.promptTokens })
	counter("generation_tokens_total", func(t *tenantCounters) int64 { return t.outputTokens })
	fmt.Fprint(&b, "# TYPE metronome:tenant_requests_total counter\n")
	for _, tenant := range names {
		for o, n := range c.tenant(tenant).outcomes {
			fmt.Fprintf(&b, "metronome:tenant_requests_total{outcome=%q,tenant=%q} %d\n", metrics.Outcome(o), tenant, n)
		}
	}
	return b.Bytes()
}

func (c *counters) iteration(it *metrics.Iteration) {
	c.preemptions += int64(it.Preemptions)
	c.tbt.add(it.StepGap, int64(it.StepGaps))
	for _, gap := range it.OwnGaps {
		c.tbt.add(gap, 1)
	}
}

func (c *counters) finished(x *metrics.Completion) {
	c.outcomes[x.Outcome]++
	c.outputTokens += int64(x.Tokens())
	t := c.tenant(x.Request.Tenant)
	t.outcomes[x.Outcome]++
	t.outputTokens += int64(x.Tokens())
	if x.Outcome == metrics.Finished {
		t.promptTokens += int64(x.Request.PromptTokens)
		c.promptTokens += int64(x.Request.PromptTokens)
		c.ttft.add(x.First()-x.Request.Arrival, 1)
		c.e2e.add(x.Finish-x.Request.Arrival, 1)
	}
}

// text returns the counters in the text format of Prometheus.
func (c *counters) text(loads []scheduler.Load, model string) []byte {
	var b bytes.Buffer
	label := func(i int) string { return fmt.Sprintf(`{engine="%d",model_name=%q}`, i, model) }
	gauge := func(name string, of func(scheduler.Load) float64) {
		fmt.Fprintf(&b, "# TYPE vllm:%s gauge\n", name)
		for i, l := range loads {
			fmt.Fprintf(&b, "vllm:%s%s %g\n", name, label(i), of(l))
		}
	}
	gauge("num_requests_running", func(l scheduler.Load) float64 { return float64(l.Running) })
	gauge("num_requests_waiting", func(l scheduler.Load) float64 { return float64(l.Waiting) })
	gauge("kv_cache_usage_perc", func(l scheduler.Load) float64 { return float64(l.UsedBlocks) / float64(l.Blocks) })
	counter := func(name string, n int64) {
		fmt.Fprintf(&b, "# TYPE vllm:%s counter\nvllm:%s{model_name=%q} %d\n", name, name, model, n)
	}
	counter("num_preemptions_total", c.preemptions)
	counter("prompt_tokens_total", c.promptTokens)
	counter("generation_tokens_total", c.outputTokens)
	fmt.Fprint(&b, "# TYPE vllm:request_success_total counter\n")
	fmt.Fprintf(&b, "vllm:request_success_total{finished_reason=\"length\",model_name=%q} %d\n", model, c.outcomes[metrics.Finished])
	fmt.Fprintf(&b, "vllm:request_success_total{finished_reason=\"abort\",model_name=%q} %d\n", model, c.outcomes[metrics.Failed])
	c.ttft.write(&b, "time_to_first_token_seconds", model)
	c.tbt.write(&b, "inter_token_latency_seconds", model)
	c.e2e.write(&b, "e2e_request_latency_seconds", model)
	return b.Bytes()
}

// edges are the upper edges of the buckets of histograms, in seconds.
var edges = [...]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 250}

// A histogram counts times as Prometheus does.
type histogram struct {
	counts [len(edges) + 1]int64
	sum    float64 // s
}

func (h *histogram) add(d time.Duration, n int64) {
	i := 0
	for i < len(edges) && d.Seconds() > edges[i] {
		i++
	}
	h.counts[i] += n
	h.sum += d.Seconds() * float64(n)
}

func (h *histogram) write(b *bytes.Buffer, name, model string) {
	fmt.Fprintf(b, "# TYPE vllm:%s histogram\n", name)
	sum := int64(0)
	for i, n := range h.counts {
		sum += n
		edge := "+Inf"
		if i < len(edges) {
			edge = strconv.FormatFloat(edges[i], 'g', -1, 64)
		}
		fmt.Fprintf(b, "vllm:%s_bucket{le=%q,model_name=%q} %d\n", name, edge, model, sum)
	}
	fmt.Fprintf(b, "vllm:%s_sum{model_name=%q} %g\nvllm:%s_count{model_name=%q} %d\n", name, model, h.sum, name, model, sum)
}
