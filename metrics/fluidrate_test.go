package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// plainLeast bisects the least target over the plain scorer.
func plainLeast(c *Completion, threshold Ratio) time.Duration {
	if c.Outcome != Finished || c.Tokens() == 0 {
		return never
	}
	times := tokensOf(c)
	holds := func(dd time.Duration) bool {
		s := plainScore(times, 0, dd)
		return threshold.Holds(s.Fluidity(Reset))
	}
	low, high := time.Duration(0), c.LongestGap
	for high-low > 1 {
		if mid := (low + high) / 2; holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

func TestLeastTargetMatchesBisection(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		c := randomReply(rng, 1+rng.IntN(60))
		l := leastTarget{threshold: Ratio{int64(1 + rng.IntN(10)), 10}}
		want := plainLeast(c, l.threshold)
		tau := time.Duration(rng.IntN(40) - 1)
		got, above := l.above(c, tau, 63)
		if above != (want > tau) || above && got != want {
			t.Fatalf("threshold %v, above %d, tokens %d: got %d, %v; want %d", l.threshold, tau, tokensOf(c), got, above, want)
		}
		coarse, _ := l.above(c, -1, 5)
		if coarse < want || float64(coarse) > float64(want)*(1+1.0/32)+1 {
			t.Fatalf("threshold %v, tokens %d: %d is not within 1/32 of %d", l.threshold, tokensOf(c), coarse, want)
		}
	}
}

func TestMissesFallAsTheTargetGrows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 2_000 {
		c := randomReply(rng, 1+rng.IntN(40))
		last := int64(0)
		for dd := range time.Duration(60) {
			s := plainScore(tokensOf(c), 0, dd+1)
			met, total := s.Fluidity(Reset)
			if v := share(met, total); v < last {
				t.Fatalf("index falls to %d at D_d %d: %d", v, dd+1, tokensOf(c))
			} else {
				last = v
			}
		}
	}
}

// TestFluidRateMatchesSorting checks D* and its interpolation against sorting
// every least target, with shards, unserved requests and other thresholds.
func TestFluidRateMatchesSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		n := 1 + rng.IntN(300)
		slo := DefaultSLO()
		slo.TBT = time.Duration(1 + rng.IntN(20))
		slo.Attainment = Ratio{int64(1 + rng.IntN(100)), 100}
		options := Options{SLO: slo, Requests: n + rng.IntN(50)}
		shards := []*Set{New(options), New(options), New(options)}
		var least []float64
		for range n {
			c := randomReply(rng, 1+rng.IntN(30))
			if rng.IntN(60) == 0 {
				c.Outcome = Rejected
			}
			d := float64(plainLeast(c, slo.Fluidity))
			if c.Outcome == Rejected {
				d = math.Inf(1)
			}
			least = append(least, d)
			shards[rng.IntN(3)].Finished(c)
		}
		shards[0].Merge(shards[1])
		shards[2].Merge(shards[0])
		slices.Sort(least)
		report := shards[2].Report()
		checkRate(t, report, "fluidity.token_rate_per_s", least[slo.Attainment.Of(int64(n))-1])
		rank, part := position(slo.Attainment, int64(n))
		between := least[rank]
		if part > 0 && !math.IsInf(between, 1) {
			between += part * (least[rank+1] - least[rank])
		}
		checkRate(t, report, "fluidity.token_rate_interpolated_per_s", between)
	}
}

func checkRate(t *testing.T, r *Report, key string, ns float64) {
	t.Helper()
	got, ok := r.Lookup(key)
	if ok != (ns > 0) || ok && got != 1e9/ns {
		t.Fatalf("%s is %v, %v; want 1e9/%v", key, got, ok, ns)
	}
}

func TestFluidRateOfUnknownCountIsClose(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	known, unknown := New(Options{SLO: DefaultSLO(), Requests: 500}), New(Options{SLO: DefaultSLO()})
	for range 500 {
		c := servedReply(rng, 200)
		known.Finished(c)
		unknown.Finished(c)
	}
	want, _ := known.Report().Lookup("fluidity.token_rate_per_s")
	got, _ := unknown.Report().Lookup("fluidity.token_rate_per_s")
	if math.Abs(got-want) > 0.005*want {
		t.Errorf("rate %v is not within 0.5 %% of %v", got, want)
	}
	if len(unknown.Report().Warnings) == 0 {
		t.Error("nobody is told that the rate is not exact")
	}
}

// servedReply draws a reply as a mixed batch gives it: steps of 12 to 14 ms,
// stretched by prompts now and then, and a longer stall once in a while.
func servedReply(rng *rand.Rand, n int) *Completion {
	arrival := time.Duration(rng.Int64N(int64(time.Minute)))
	at := arrival + time.Duration(rng.Int64N(int64(400*time.Millisecond)))
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = at
		at += 12*time.Millisecond + time.Duration(rng.Int64N(2_000_000))
		switch {
		case rng.IntN(20) == 0:
			at += 20*time.Millisecond + time.Duration(rng.Int64N(40_000_000))
		case rng.IntN(400) == 0:
			at += time.Duration(rng.Int64N(500_000_000))
		}
	}
	return replyOf(arrival, arrival+350*time.Millisecond, times, min(1, n))
}

// TestTokenVisits bounds what the fluidity metrics cost: looks at a token or at
// a stretch of them, per token. Plain bisection takes 25 to 30.
func TestTokenVisits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	const n, tokens = 5_000, 211
	set := New(Options{SLO: DefaultSLO(), Requests: n})
	scans := 0
	for range n {
		c := servedReply(rng, tokens)
		if c.LongestGap > set.options.SLO.TBT {
			scans++
		}
		set.Finished(c)
	}
	var visited int64
	for _, m := range set.metrics {
		if m, ok := m.(*fluidRate); ok {
			visited = m.target.visited
		}
	}
	perToken := float64(visited)/(n*tokens) + float64(scans)/n
	t.Logf("%.2f visits per token, %.2f of them by the score", perToken, float64(scans)/n)
	if perToken > 2.5 {
		t.Errorf("%.2f visits per token", perToken)
	}
}
