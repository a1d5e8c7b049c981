package hardware

import (
	"testing"
	"time"

	"metronome/profiles"
)

func TestPowerStaysBetweenIdleAndPeak(t *testing.T) {
	gpus, err := Names(profiles.FS, "gpus")
	if err != nil {
		t.Fatal(err)
	}
	for _, gpu := range gpus {
		for _, model := range []string{"llama-3.1-8b", "deepseek-v3", "gpt-oss-120b"} {
			d := fitting(t, gpu, model)
			c, err := d.CostModel()
			if err != nil {
				t.Fatal(err)
			}
			e, ok := d.Energy()
			if !ok {
				t.Fatalf("%s has no power figures", gpu)
			}
			for _, s := range []Shape{{Decodes: 1, DecodeContext: 10}, {Decodes: 512, DecodeContext: 512 * 4000}, {Prefills: 1, PrefillTokens: 8192, PrefillPairs: 8192 * 4096}} {
				time := c.IterationTime(s)
				watts := float64(e.Iteration(&s, time)) / 1e6 / time.Seconds()
				idle := float64(d.GPUs()) * d.GPU.Power.Idle
				if watts < idle*0.999 || watts > e.PeakWatts()*1.001 {
					t.Errorf("%s %s %+v: %.0f W (idle %.0f, peak %.0f)", gpu, model, s, watts, idle, e.PeakWatts())
				}
			}
		}
	}
}

func TestIdlePowerIsWhatTheProfileSays(t *testing.T) {
	d, err := Open(profiles.FS, Spec{})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := d.Energy()
	if got := e.Idle(2 * time.Second); got != int64(2e6*d.GPU.Power.Idle) {
		t.Errorf("%d µJ in two seconds", got)
	}
}

func TestPriceOfTheExperimentReplacesTheProfile(t *testing.T) {
	price, tensor := 7.5, 2
	d, err := Open(profiles.FS, Spec{TensorParallel: &tensor, PricePerHour: &price})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := d.PricePerHour(); !ok || got != 15 {
		t.Errorf("%v dollars an hour, %v", got, ok)
	}
}
