package validation

import (
	"slices"
	"time"
)

// A Distribution is how a latency is spread over requests: its percentiles 0 to 100
// in ms, as simulated and as recorded. What was not recorded is nil.
type Distribution struct {
	Metric              string // e2e, ttft or tpot
	Simulated, Recorded []float64
}

// distributions describes the requests of a stage, or of all.
func distributions(simulated, recorded []request, stage int) (all []Distribution) {
	for _, m := range []struct {
		name string
		of   func(*request) (time.Duration, bool)
	}{
		{"e2e", func(r *request) (time.Duration, bool) { return r.e2e, true }},
		{"ttft", func(r *request) (time.Duration, bool) { return r.ttft, true }},
		{"tpot", (*request).tpot},
	} {
		all = append(all, Distribution{m.name, percentiles(simulated, stage, m.of), percentiles(recorded, stage, m.of)})
	}
	return all
}

// percentiles returns those of requests that did not fail, nil if there are none.
func percentiles(all []request, stage int, of func(*request) (time.Duration, bool)) (values []float64) {
	var times []time.Duration
	for i := range all {
		if r := &all[i]; !r.failed && (stage == wholeRun || r.stage == stage) {
			if t, ok := of(r); ok {
				times = append(times, t)
			}
		}
	}
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	for p := range 101 {
		values = append(values, percentile(times, float64(p)/100))
	}
	return values
}
