package calibration

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"

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

// made returns a run as a system under a law would have it, each reply disturbed by a
// factor.
func made(t *testing.T, law hardware.Law, seed uint64, longest int, disturbed func(*rand.Rand) float64) Run {
	t.Helper()
	return few(t, law, seed, 60, longest, disturbed)
}

// few is made of so many requests.
func few(t *testing.T, law hardware.Law, seed uint64, requests, longest int, disturbed func(*rand.Rand) float64) Run {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	var r Run
	at := time.Duration(0)
	for id := range requests {
		at += time.Duration(random.ExpFloat64() * 15e8)
		r.Requests = append(r.Requests, workloads.Request{ID: id, Arrival: at, PromptTokens: 20 + random.IntN(longest), OutputTokens: 20 + random.IntN(80)})
	}
	c, err := config()
	if err != nil {
		t.Fatal(err)
	}
	if r.Measured, err = r.Simulate(t.Context(), c, law, &hardware.Engine{RequestMicros: float64(requestTime.Microseconds())}); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Measured {
		stretch := disturbed(random)
		for i := range m.Own {
			m.Own[i] = m.Request.Arrival + time.Duration(float64(m.Own[i]-m.Request.Arrival)*stretch)
		}
	}
	return r
}

var law = hardware.Law{IterationMicros: 7000, LoneMicros: 3000, DecodeMicros: 1500, ContextNanos: 800, PromptMicros: 900, PairNanos: 150}

const requestTime = 30 * time.Millisecond // beside the iterations

func slightly(random *rand.Rand) float64 { return 1 + 0.04*(random.Float64()-0.5) }

// badly disturbs few replies by much: the typical one is faster than the mean.
func badly(random *rand.Rand) float64 {
	if random.Float64() < 0.2 {
		return 2
	}
	return 0.75
}

// A law is found again in what a system under it did, and predicts what it does under
// another load.
func TestLawIsFoundAgain(t *testing.T) {
	fit, err := FitLaw(t.Context(), []Run{made(t, law, 1, 3000, slightly)}, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := fit.Unknown(); err != nil {
		t.Errorf("%v: %+v", err, fit.Terms)
	}
	if fit.TTFT > 0.04 || fit.TPOT > 0.04 {
		t.Errorf("typical replies are off by %.3f (TTFT) and %.3f (TPOT)", fit.TTFT, fit.TPOT)
	}
	other := made(t, law, 2, 3000, slightly)
	c, _ := config()
	predicted, err := other.Simulate(t.Context(), c, *fit.Engine.Law, &fit.Engine)
	if err != nil {
		t.Fatal(err)
	}
	off := ratios(nil, other.Measured, predicted)
	for i := range off {
		off[i] = math.Abs(off[i] - 1)
	}
	if usual := median(off); usual > 0.05 {
		t.Errorf("typical replies under another load are off by %.3f", usual)
	}
}

// The machine runs at another speed in each of many short runs: what the replies of a run
// have in common then tells less of the law than how they differ.
func TestLawIsFoundOnAMachineThatChangesItsSpeed(t *testing.T) {
	speeds := rand.New(rand.NewPCG(4, 5))
	var runs []Run
	for seed := range uint64(24) {
		speed := math.Exp(0.15 * speeds.NormFloat64())
		runs = append(runs, few(t, law, seed, 1+int(seed)%4, 3000, func(r *rand.Rand) float64 { return speed * slightly(r) }))
	}
	fit, err := FitLaw(t.Context(), runs, config)
	if err != nil {
		t.Fatal(err)
	}
	other := made(t, law, 2, 3000, slightly)
	c, _ := config()
	predicted, err := other.Simulate(t.Context(), c, *fit.Engine.Law, &fit.Engine)
	if err != nil {
		t.Fatal(err)
	}
	var logs []float64
	for _, r := range ratios(nil, other.Measured, predicted) {
		logs = append(logs, math.Log(r))
	}
	if spread := stat.StdDev(logs, nil); spread > 0.05 {
		t.Errorf("ratios of measured to predicted spread by %.3f around what they have in common: %+v", spread, *fit.Engine.Law)
	}
}

// Short prompts alone do not tell what pairs of tokens cost, and the fit says what would.
func TestWhatDataDoNotTellIsNamed(t *testing.T) {
	fit, err := FitLaw(t.Context(), []Run{made(t, law, 1, 10, slightly)}, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := fit.Unknown(); err == nil || !strings.Contains(err.Error(), "pair_ns (it takes prompts near the longest context") {
		t.Errorf("%v: %+v", err, fit.Terms)
	}
}

// Where few replies are disturbed by much the means come out as measured, which are of
// all replies, and not the medians.
func TestMeansComeOutAsMeasured(t *testing.T) {
	run := made(t, law, 3, 3000, badly)
	fit, err := FitLaw(t.Context(), []Run{run}, config)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := config()
	simulated, err := run.Simulate(t.Context(), c, *fit.Engine.Law, &fit.Engine)
	if err != nil {
		t.Fatal(err)
	}
	off := ratios(nil, run.Measured, simulated)
	if mean := stat.Mean(off, nil); math.Abs(mean-1) > 0.03 || median(off) > 0.9 {
		t.Errorf("measured replies take %.3f times as long as simulated in the mean, %.3f in the median (want 1 and less)", mean, median(off))
	}
}

// What a request takes beside the iterations delays its tokens alike, and the order in
// which requests come to the cluster is that after the delay.
func TestRequestsComeToTheClusterAfterTheirDelay(t *testing.T) {
	run := Run{Requests: []workloads.Request{{ID: 0, PromptTokens: 3000, OutputTokens: 5}, {ID: 1, Arrival: time.Millisecond, PromptTokens: 1, OutputTokens: 5}}}
	after := func(run Run, e hardware.Engine) (first []time.Duration) {
		c, err := config()
		if err != nil {
			t.Fatal(err)
		}
		all, err := run.Simulate(t.Context(), c, law, &e)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			first = append(first, c.First()-c.Request.Arrival)
		}
		return first
	}
	none, fixed, byToken := after(run, hardware.Engine{}), after(run, hardware.Engine{RequestMicros: 5000}), after(run, hardware.Engine{PromptMicros: 10})
	alone := after(Run{Requests: run.Requests[:1]}, hardware.Engine{PromptMicros: 10})
	for i := range none {
		if fixed[i] != none[i]+5*time.Millisecond {
			t.Errorf("request %d takes %v, and %v with 5 ms on top", i, none[i], fixed[i])
		}
	}
	if byToken[1] > 20*time.Millisecond || byToken[0] != alone[0] {
		t.Errorf("first tokens after %v, and %v where the long prompt comes 30 ms late (want the short one to be over by then, and %v of the long one)",
			none, byToken, alone[0])
	}
}
