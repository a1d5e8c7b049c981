package metrics

import (
	"testing"
	"time"

	"metronome/workloads"
)

// For ten seconds, of which the first request is shed, one of two pools has 2.4 replicas
// in the mean, as below, and the other two of two GPUs and stages; each works for three seconds.
func TestPoolsCountWhatIsProvisioned(t *testing.T) {
	set, second := New(Options{SLO: DefaultSLO(), Requests: 1, Pools: []Pool{
		{Name: "a", Replicas: 2, GPUs: 2, PricePerHour: 36, Power: wattage{}}, {Name: "b", Replicas: 2, GPUs: 4, PricePerHour: 20, Power: wattage{}, Stages: 2},
	}}), time.Second
	set.Fleet(0, 0, 2)
	set.Fleet(5*second, 0, 1)
	set.Fleet(9*second, 0, -1)
	for pool := range 2 {
		it := Iteration{Pool: pool, Start: 2 * second, End: 5 * second, TotalBlocks: 1}
		it.Shape.Chunk(1, 0)
		set.Iteration(&it)
	}
	set.Finished(&Completion{Request: workloads.Request{Arrival: second, PromptTokens: 1, OutputTokens: 1}, Outcome: Shed, Cause: Rate, Finish: second, Pool: NoPool})
	set.Finished(&Completion{
		Request: workloads.Request{ID: 1, Arrival: 2 * second, PromptTokens: 1, OutputTokens: 1}, Admitted: 2 * second, Finish: 11 * second, Own: []time.Duration{11 * second},
	})
	late := Iteration{Pool: 1, Start: 20 * second, End: 21 * second, TotalBlocks: 1} // of one that is given up
	set.Iteration(&late)
	r := set.Report()
	for key, want := range map[string]float64{
		"pools.a.mean_power_w": 240 + 3./10, "pools.b.mean_power_w": 200 + 3./10, "energy.mean_power_w": 440 + 6./10,
		"pools.a.replicas": 2.4, "pools.a.gpus": 2.4, "pools.a.price_per_hour": 43.2, "pools.a.busy_share": 3.0 / 44,
		"pools.b.replicas": 2, "pools.b.gpus": 4, "pools.b.price_per_hour": 20, "pools.b.busy_share": 4.0 / 80,
		"cost.per_hour": 63.2, "throughput.requests_per_s_per_gpu": 0.1 / 6.4,
	} {
		if got, _ := r.Lookup(key); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

// Two replicas for ten seconds of which a third is there for four cost as much as
// 2.4 of them, however the changes are split among sets, and so much they idle.
func TestOnlyProvisionedReplicasCount(t *testing.T) {
	options := Options{SLO: DefaultSLO(), Requests: 1, Pools: []Pool{{Name: "a", Replicas: 2, GPUs: 2, PricePerHour: 36, Power: wattage{}}}}
	run := func(whole, part *Set) *Report {
		whole.Fleet(0, 0, 2)
		part.Fleet(5*time.Second, 0, 1)
		part.Fleet(9*time.Second, 0, -1)
		part.Fleet(20*time.Second, 0, -2) // after the last finish
		second := time.Second
		whole.Finished(&Completion{
			Request: workloads.Request{Arrival: second, PromptTokens: 1, OutputTokens: 1}, Admitted: second, Finish: 11 * second, Own: []time.Duration{11 * second},
		})
		if whole != part {
			whole.Merge(part)
		}
		return whole.Report()
	}
	one := New(options)
	for _, r := range []*Report{run(one, one), run(New(options), New(options))} {
		for key, want := range map[string]float64{
			"fleet.replicas.mean": 2.4, "fleet.replicas.max": 3, "fleet.replicas.hours": 24.0 / 3600,
			"cost.per_hour": 43.2, "energy.joules_per_request": 2400, "throughput.output_tokens_per_s_per_gpu": 0.1 / 2.4,
		} {
			if got, _ := r.Lookup(key); got < want-1e-9 || got > want+1e-9 {
				t.Errorf("%s is %v, want %v", key, got, want)
			}
		}
	}
}
