package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestQualityMatchesItsFormula sums the two areas of Andes token by token.
func TestQualityMatchesItsFormula(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 31))
	for range 20_000 {
		c := randomReply(rng, 1+rng.IntN(40))
		if c.Deadline == 0 {
			continue
		}
		dd := time.Duration(1 + rng.IntN(30))
		digested := c.Deadline // of the token at hand
		var delay, last float64
		var ideals []float64
		for i, at := range tokensOf(c) {
			digested = max(digested, at)
			ideals = append(ideals, float64(c.Deadline+time.Duration(i)*dd))
			last = float64(digested)
			delay += last - ideals[i]
			digested += dd
		}
		whole := 0.0
		for _, ideal := range ideals {
			whole += last - ideal
		}
		want := 1.0
		if delay > 0 {
			want = 1 - delay/whole
		}
		var s Score
		s.read(c, dd)
		s.slo = &SLO{TBT: dd}
		m := new(qoe)
		if got := float64(m.of(int64(c.Tokens()), &s)) / unit; math.Abs(got-want) > 1e-9 {
			t.Fatalf("quality %v, want %v: deadline %d, D_d %d, tokens %d", got, want, c.Deadline, dd, tokensOf(c))
		}
	}
}

// TestSmoothGoodputTakesLagAway has a reply that is two seconds behind at worst.
func TestSmoothGoodputTakesLagAway(t *testing.T) {
	set := New(Options{SLO: DefaultSLO(), Requests: 1})
	first := 3 * time.Second
	set.Finished(replyOf(0, time.Second, []time.Duration{first, first + 25*ms1, 10 * time.Second}, 1))
	// The last token is due at 1.05 s.
	want := (3 - 2.5*8.95) / 10
	if got, _ := set.Report().Lookup("smooth_goodput.tokens_per_s"); math.Abs(got-want) > 1e-9 {
		t.Errorf("smooth goodput %v, want %v", got, want)
	}
}

func TestGoodputHoldsToWhatIsWritten(t *testing.T) {
	reply := func() *Completion {
		return replyOf(0, time.Second, []time.Duration{100 * ms1, 120 * ms1, 160 * ms1}, 1)
	}
	for _, test := range []struct {
		ttft, tpot, e2e time.Duration
		good            float64
		targets         string
	}{
		{100 * ms1, 0, 0, 1, "TTFT <= 100ms"},
		{99 * ms1, 0, 0, 0, "TTFT <= 99ms"},
		{0, 30 * ms1, 0, 1, "TPOT <= 30ms"},
		{0, 30*ms1 - 1, 0, 0, "TPOT <= 29.999999ms"},
		{100 * ms1, 30 * ms1, 160 * ms1, 1, "TTFT <= 100ms, TPOT <= 30ms, E2E <= 160ms"},
		{100 * ms1, 30 * ms1, 159 * ms1, 0, "TTFT <= 100ms, TPOT <= 30ms, E2E <= 159ms"},
		{0, 0, 0, 1, "fluidity-index (reset) >= 0.9"},
	} {
		slo := DefaultSLO()
		slo.TTFT, slo.TPOT, slo.E2E = test.ttft, test.tpot, test.e2e
		set := New(Options{SLO: slo, Requests: 1})
		set.Finished(reply())
		r := set.Report()
		if got, _ := r.Lookup("throughput.goodput_share"); got != test.good || r.Text("throughput.goodput_targets") != test.targets {
			t.Errorf("%s: %v good", r.Text("throughput.goodput_targets"), got)
		}
	}
}

// TestBatchAndCacheAreWeighedByTime has one iteration thrice as long as another.
func TestBatchAndCacheAreWeighedByTime(t *testing.T) {
	set := New(Options{SLO: DefaultSLO(), Requests: 1})
	short, long := new(Iteration), new(Iteration)
	*short = Iteration{End: 10 * ms1, Running: 4, Waiting: 8, UsedBlocks: 80, TotalBlocks: 100}
	*long = Iteration{Start: 10 * ms1, End: 40 * ms1, Running: 8, UsedBlocks: 20, TotalBlocks: 100}
	short.Shape.Decodes = 3
	long.Shape.Decodes = 5
	long.Shape.Chunk(100, 0)
	set.Iteration(short)
	set.Iteration(long)
	r := set.Report()
	for key, want := range map[string]float64{
		"kv_cache.mean_share": 0.35, "kv_cache.peak_share": 0.8,
		"batch.iterations": 2, "batch.iteration_ms.mean": 20, "batch.iteration_ms.max": 30, "batch.busy_s": 0.04,
		"batch.running.mean": 7, "batch.waiting.mean": 2, "batch.running.max": 8, "batch.waiting.max": 8,
		"batch.decodes.mean": 4, "batch.sequences.mean": 4.5, "batch.tokens.mean": 54,
	} {
		if got, _ := r.Lookup(key); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
