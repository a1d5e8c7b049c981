package metrics

import (
	"testing"
	"time"

	"metronome/workloads"
)

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
			"cost.per_hour": 43.2, "energy.joules_per_request": 2400,
		} {
			if got, _ := r.Lookup(key); got < want-1e-9 || got > want+1e-9 {
				t.Errorf("%s is %v, want %v", key, got, want)
			}
		}
	}
}
