package study

import (
	"math"
	"testing"

	"metronome/hardware"
)

// What HTTP takes shifts first and last tokens of all requests alike, and no gap.
func TestClientDelayIsPartOfEveryLatency(t *testing.T) {
	settings := []string{"workload.requests=60", "workload.prompt.distribution=fixed", "workload.prompt.value=700", "workload.output.distribution=fixed", "workload.output.value=30"}
	inside, outside := run(t, settings...), run(t, append(settings, "workload.client_delay=true")...)
	delay := plan(t, "", settings...).Deployment.Engine.RequestDelay(700).Seconds() * 1e3
	if delay == 0 {
		t.Fatal("the default engine has no delay")
	}
	for key, more := range map[string]float64{"latency.ttft_ms.mean": delay, "latency.e2e_ms.mean": delay, "latency.tpot_ms.mean": 0, "fluidity.mean": 0} {
		a, _ := inside.Lookup(key)
		b, _ := outside.Lookup(key)
		// The first request arrives at 0, and cannot have been sent before.
		if b-a < more*59/60-1e-6 || b-a > more+1e-6 {
			t.Errorf("%s: %v inside and %v outside, the delay is %v", key, a, b, more)
		}
	}
}

func TestBandOfTheRateFollowsTheErrorOfSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("runs hundreds of simulations")
	}
	e := open(t, "workload.requests=400")
	r, err := Capacity(t.Context(), e, embedded, CapacityOptions{Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := r.Uncertainty
	if b == nil || !(b.Low < r.Rate.Mean && r.Rate.Mean < b.High) {
		t.Fatalf("%+v around %v", b, r.Rate.Mean)
	}
	// The rate falls by at least what iterations take longer, up to the tolerance.
	if off := b.StepPercent / 100; b.Low > r.Rate.Mean/(1+off)*1.03 {
		t.Errorf("%v of %v with iterations that take %v longer", b.Low, r.Rate.Mean, off)
	}
}

func TestScaledIterationsTakeLongerByTheFactor(t *testing.T) {
	law := hardware.Law{IterationMicros: 1000, DecodeMicros: 10}
	shape := hardware.Shape{Decodes: 7, DecodeContext: 100}
	got, want := scaled{law, 1.25}.IterationTime(shape), 1.25*float64(law.IterationTime(shape))
	if math.Abs(float64(got)-want) > 1 {
		t.Errorf("%v, want %v ns", got, want)
	}
}
