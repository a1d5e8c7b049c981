package metrics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// announced are tenants of random events, with SLOs of their own.
func announced(rng *rand.Rand) []Tenant {
	var all []Tenant
	for _, name := range []string{"b", "a"} {
		slo := DefaultSLO()
		slo.TBT = time.Duration(1+rng.IntN(60)) * time.Millisecond
		slo.Fluidity = Ratio{rng.Int64N(10) + 1, 10}
		slo.Attainment = Ratio{rng.Int64N(10) + 1, 10}
		slo.TTFT = time.Duration(rng.IntN(2)) * time.Second
		all = append(all, Tenant{name, float64(1 + rng.IntN(3)), slo})
	}
	return all
}

// An announced tenant is told of as if its requests were the only ones, and held
// to its own SLO.
func TestTenantsAreToldOfAsIfAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 17))
	for trial := range 200 {
		events := randomEvents(rng, 1+rng.IntN(60))
		o := Options{SLO: DefaultSLO(), Requests: len(events), Recorded: true, Warmup: time.Duration(trial%3) * 10 * time.Second, Tenants: announced(rng)}
		whole := New(o)
		alone := map[string]*Set{"": New(Options{SLO: o.SLO, Requests: len(events), Recorded: true, Warmup: o.Warmup})}
		for _, tenant := range o.Tenants {
			alone[tenant.Name] = New(Options{SLO: tenant.SLO, Requests: len(events), Recorded: true, Warmup: o.Warmup})
		}
		for _, e := range events {
			e.tell(whole)
			if e.request != nil {
				e.tell(alone[e.request.Request.Tenant])
			}
		}
		if err := agree(whole.Report(), alone, o.Tenants); err != nil {
			t.Fatalf("trial %d: %v", trial, err)
		}
	}
}

func agree(whole *Report, alone map[string]*Set, tenants []Tenant) error {
	holds, scored, goodput := true, 0.0, 0.0
	for name, set := range alone {
		r := set.Report()
		n, _ := r.Lookup("fluidity.scored")
		scored += n
		holds = holds && (n == 0 || r.Holds())
		share, _ := r.Lookup("throughput.goodput_share")
		goodput += share * n
		if !slices.ContainsFunc(tenants, func(t Tenant) bool { return t.Name == name }) {
			continue
		}
		for own, key := range map[string]string{
			"requests": "fluidity.scored", "fluidity_mean": "fluidity.mean", "attainment": "fluidity.attainment",
			"finished": "latency.ttft_ms.count", "ttft_mean_ms": "latency.ttft_ms.mean", "ttft_p50_ms": "latency.ttft_ms.p50",
			"ttft_p99_ms": "latency.ttft_ms.p99", "tbt_p99_ms": "latency.tbt_ms.p99", "holds": "slo.holds", "d_d_ms": "fluidity.d_d_ms",
		} {
			got, want := whole.row("tenants."+name+"."+own).Value, r.row(key).Value
			if literal(got) != literal(want) {
				return fmt.Errorf("tenant %q has %s %v, alone %v", name, own, got, want)
			}
		}
	}
	if scored > 0 && whole.Holds() != holds {
		return fmt.Errorf("the SLO holds: %v, alone those of all: %v", whole.Holds(), holds)
	}
	if share, _ := whole.Lookup("throughput.goodput_share"); scored > 0 && int(share*scored+0.5) != int(goodput+0.5) {
		return fmt.Errorf("%v of %v requests are good, alone %v", share*scored, scored, goodput)
	}
	return nil
}

// Service shares add up, and a tenant of twice the weight is served alike with
// twice the service.
func TestServiceIsComparedOverWeights(t *testing.T) {
	slo := DefaultSLO()
	set := New(Options{SLO: slo, Tenants: []Tenant{{"gold", 2, slo}, {"free", 0, slo}}})
	for id, tenant := range []string{"gold", "gold", "free"} {
		c := replyOf(0, time.Second, []time.Duration{time.Second, time.Second}, 1)
		c.Request.ID, c.Request.Tenant, c.Request.PromptTokens = id, tenant, 96
		set.Finished(c)
	}
	r := set.Report()
	for key, want := range map[string]float64{
		"fairness.jain_service": 1, "tenants.gold.service_tokens": 200, "tenants.free.service_tokens": 100,
		"tenants.gold.service_share": 2.0 / 3, "tenants.free.weight": 1, "fairness.tenants": 2,
	} {
		if got, _ := r.Lookup(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
