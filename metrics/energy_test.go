package metrics

import (
	"math"
	"testing"
	"time"
)

// Two replicas of 100 W idle serve one request of 10 tokens in 2 s; one iteration
// of 1 s draws 50 W more, for 50 tokens.
func TestEnergyIsIdlingPlusWhatIterationsTakeBeyond(t *testing.T) {
	set := New(Options{SLO: DefaultSLO(), Requests: 1, Pools: []Pool{{Replicas: 2, Power: wattage{}, PricePerHour: 3600}}})
	it := Iteration{End: time.Second, TotalBlocks: 1}
	it.Shape.Chunk(50, 0)
	set.Iteration(&it)
	c := Completion{Finish: 2 * time.Second}
	c.Request.OutputTokens = 10
	for i := range 10 {
		c.Own = append(c.Own, time.Second+time.Duration(i)*time.Second/9)
	}
	set.Finished(&c)
	r := set.Report()
	for key, want := range map[string]float64{
		"energy.joules_per_request":      2*2*100 + 50,
		"energy.joules_per_output_token": 45,
		"energy.mean_power_w":            225,
		"energy.peak_power_w":            150,
		"cost.per_hour":                  3600,
		"cost.per_million_output_tokens": 2 * 1e6 / 10,
	} {
		if got, ok := r.Lookup(key); !ok || math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
