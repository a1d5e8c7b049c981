package calibration

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

func config() (sim.Config, error) {
	kind, err := scheduler.Lookup("llamacpp")
	return sim.Config{Router: new(scheduler.RoundRobin), Pools: []sim.Pool{{
		Replicas: 1, Blocks: 1024, BlockSize: 16, MaxSequences: 4, MaxModelLen: 4096, MaxOutputTokens: 1024,
		Policy: func() scheduler.Policy { return kind.New(scheduler.Limits{TokenBudget: 512, LongestChunk: 512}) },
	}}}, err
}

// made returns a run as a system under a law would have it, each reply off by a few
// percent.
func made(t *testing.T, law hardware.Law, seed uint64, longest int) Run {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	var r Run
	at := time.Duration(0)
	for id := range 60 {
		at += time.Duration(random.ExpFloat64() * 5e8)
		r.Requests = append(r.Requests, workloads.Request{ID: id, Arrival: at, PromptTokens: 20 + random.IntN(longest), OutputTokens: 20 + random.IntN(80)})
	}
	c, err := config()
	if err != nil {
		t.Fatal(err)
	}
	if r.Measured, err = r.Simulate(t.Context(), c, law); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Measured {
		stretch := 1 + 0.04*(random.Float64()-0.5)
		for i := range m.Own {
			m.Own[i] = m.Request.Arrival + time.Duration(float64(m.Own[i]-m.Request.Arrival)*stretch)
		}
	}
	return r
}

var law = hardware.Law{IterationMicros: 3000, DecodeMicros: 2500, ContextNanos: 800, PromptMicros: 900, PairNanos: 150}

// A law is found again in what a system under it did, and predicts what it does under
// another load.
func TestLawIsFoundAgain(t *testing.T) {
	fit, err := FitLaw(t.Context(), []Run{made(t, law, 1, 3000)}, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := fit.Unknown(); err != nil {
		t.Errorf("%v: %+v", err, fit.Terms)
	}
	if fit.TTFT > 0.04 || fit.TPOT > 0.04 {
		t.Errorf("typical replies are off by %.3f (TTFT) and %.3f (TPOT)", fit.TTFT, fit.TPOT)
	}
	other := made(t, law, 2, 3000)
	c, _ := config()
	predicted, err := other.Simulate(t.Context(), c, fit.Law)
	if err != nil {
		t.Fatal(err)
	}
	off := residuals(nil, other.Measured, predicted)
	for i := range off {
		off[i] = max(off[i], -off[i])
	}
	if usual := median(off); usual > 0.05 {
		t.Errorf("typical replies under another load are off by %.3f", usual)
	}
}

// Short prompts alone do not tell what pairs of tokens cost, and the fit says what would.
func TestWhatDataDoNotTellIsNamed(t *testing.T) {
	fit, err := FitLaw(t.Context(), []Run{made(t, law, 1, 10)}, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := fit.Unknown(); err == nil || !strings.Contains(err.Error(), "pair_ns (it takes prompts near the longest context") {
		t.Errorf("%v: %+v", err, fit.Terms)
	}
}
