package study

import "slices"

// Compared is a figure that comparisons show.
type Compared struct {
	Name   string
	Key    string // of the report
	Unit   string
	Higher bool // is better
	Head   bool // the answer tells of it
}

// compared are the figures that comparisons show, in order.
var compared = []Compared{
	{"attainment", "fluidity.attainment", "", true, true},
	{"fluidity-index", "fluidity.mean", "", true, false},
	{"no-reset index", "fluidity.no_reset_mean", "", true, false},
	{"fluid token rate", "fluidity.token_rate_per_s", "tokens/s", true, true},
	{"mean TTFT", "latency.ttft_ms.mean", "ms", false, false},
	{"P99 TTFT", "latency.ttft_ms.p99", "ms", false, true},
	{"mean TBT", "latency.tbt_ms.mean", "ms", false, false},
	{"P99 TBT", "latency.tbt_ms.p99", "ms", false, true},
	{"mean TPOT", "latency.tpot_ms.mean", "ms", false, false},
	{"P99 TPOT", "latency.tpot_ms.p99", "ms", false, false},
	{"mean E2E", "latency.e2e_ms.mean", "ms", false, false},
	{"P99 E2E", "latency.e2e_ms.p99", "ms", false, false},
	{"throughput", "throughput.output_tokens_per_s", "tokens/s", true, true},
	{"goodput", "throughput.goodput_requests_per_s", "requests/s", true, false},
	{"energy", "energy.joules_per_output_token", "J/token", false, false},
	{"cost", "cost.per_million_fluid_tokens", "per M fluid tokens", false, false},
}

// mostTenants is how many tenants a comparison shows.
const mostTenants = 8

// compared returns the figures that are compared under the terms of a plan.
func (p *Plan) compared() []Compared {
	all := slices.Clone(compared)
	for i, t := range p.Experiment.Tenants {
		if i == mostTenants {
			break
		}
		key, of := "tenants."+t.Name+".", " ("+t.Name+")"
		all = append(all,
			Compared{"attainment" + of, key + "attainment", "", true, true},
			Compared{"P99 TTFT" + of, key + "ttft_p99_ms", "ms", false, true},
			Compared{"P99 TBT" + of, key + "tbt_p99_ms", "ms", false, false})
	}
	return all
}
