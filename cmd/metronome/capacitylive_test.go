package main

import (
	"encoding/json"
	"testing"
)

// The capacity of the served twin is about that of the simulation.
func TestCapacityOfTheServedTwinIsThatOfTheSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	url, _ := serveInBackground(t, "--set", "scheduler.max_sequences=1")
	args := []string{
		"capacity", "--json", "--seeds", "1", "--tolerance", "0.5", "--criterion", "latency.e2e_ms.p99<=600",
		"--set", "scheduler.max_sequences=1", "--set", "workload.requests=20", "--set", "workload.arrivals.rate=15",
		"--set", "workload.prompt.distribution=fixed", "--set", "workload.prompt.value=64",
		"--set", "workload.output.distribution=fixed", "--set", "workload.output.value=8",
	}
	rate := func(more ...string) float64 {
		stdout, _ := command(t, 0, append(args, more...)...)
		var r struct {
			Rate float64 `json:"requests_per_s"`
		}
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatal(err)
		}
		return r.Rate
	}
	simulated, live := rate(), rate("--live", url, "--model", "llama-3.1-8b", "--cool-down", "10ms")
	if live < simulated/4 || live > 4*simulated {
		t.Errorf("%v requests per second live, %v simulated", live, simulated)
	}
}
