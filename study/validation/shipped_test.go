package validation

import (
	"context"
	"math"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

// The default engine ships with what `calibrate engine` makes of the recordings,
// its errors included: whoever changes a step time has to run it again.
func TestDefaultEngineIsThatOfTheRecordings(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates every recording sixty times")
	}
	shipped, err := hardware.OpenEngine(profiles.FS, hardware.DefaultEngine)
	if err != nil {
		t.Fatal(err)
	}
	fit, err := Open(recordings(t), "").FitEngine(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, hardware.DefaultEngine, 2)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, shipped, fitted float64) {
		if math.Abs(shipped-fitted) > 0.05+0.01*fitted {
			t.Errorf("%s: the profile has %v, the recordings give %.2f", what, shipped, fitted)
		}
	}
	for i, v := range values(shipped) {
		near(fit.Constants[i].Name, v, fit.Constants[i].Value)
	}
	for _, kind := range []struct {
		name    string
		shipped map[string]float64
		fitted  Pools
	}{
		{"run", shipped.Accuracy.Run, fit.LeftOut}, {"model", shipped.Accuracy.Model, fit.LeftOutModel},
		{"gpu", shipped.Accuracy.GPU, fit.LeftOutGPU}, {"kernels", shipped.Accuracy.Kernels, fit.LeftOutKernels},
	} {
		if len(kind.shipped) != len(kind.fitted) {
			t.Errorf("%s: %d errors, not %d", kind.name, len(kind.shipped), len(kind.fitted))
		}
		for metric, e := range kind.shipped {
			near(kind.name+"."+metric, e, kind.fitted[metric].Most)
		}
	}
}

// The targets that errors of whole runs must meet, each run left out of its fit;
// those of the recordings at hand are lower still.
func TestRecordedRunsArePredictedWithinTheTargets(t *testing.T) {
	files := recordings(t)
	f := Open(files, "")
	f.Points = nil
	r, err := f.Validate(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, 2)
	if err != nil || len(r.Faults) > 0 {
		t.Fatal(err, r.Faults)
	}
	for metric, most := range map[string]float64{"e2e_mean": 4, "e2e_p99": 7, "ttft_mean": 10, "ttft_p99": 25, "tpot": 4} {
		if p := r.MAPE(All)[metric]; p.N < 20 || p.Mean > most {
			t.Errorf("%s is off by %.1f %% over %d runs, the target is %v %%", metric, p.Mean, p.N, most)
		}
	}
}
