package workloads

import (
	"math"
	"reflect"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
)

// mmppCV is the closed form for the gaps of a two-phase Markov-modulated
// Poisson process (Fischer and Meier-Hellstern, 1993).
func mmppCV(factor, share, requests float64) float64 {
	busy, calm := factor, (1-factor*share)/(1-share)
	leaveBusy := factor / requests
	leaveCalm := leaveBusy * share / (1 - share)
	leave := leaveBusy + leaveCalm
	return math.Sqrt(1 + 2*leaveBusy*leaveCalm*(busy-calm)*(busy-calm)/(leave*leave*(busy*calm+busy*leaveCalm+calm*leaveBusy)))
}

// gapCases name every registered process that has gaps, with the coefficient of
// variation that its parameters stand for.
var gapCases = []struct {
	spec ArrivalSpec
	cv   float64
}{
	{ArrivalSpec{Process: "constant"}, 0},
	{ArrivalSpec{Process: "poisson"}, 1},
	{ArrivalSpec{Process: "gamma"}, 2},
	{ArrivalSpec{Process: "gamma", CV: ptr(0.5)}, 0.5},
	{ArrivalSpec{Process: "gamma", CV: ptr(3.0)}, 3},
	{ArrivalSpec{Process: "weibull"}, 2},
	{ArrivalSpec{Process: "weibull", CV: ptr(0.3)}, 0.3},
	{ArrivalSpec{Process: "weibull", Shape: ptr(0.7)}, 1.4624},
	{ArrivalSpec{Process: "weibull", Shape: ptr(1.0)}, 1},
	{ArrivalSpec{Process: "mmpp"}, mmppCV(5, 0.1, 50)},
	{ArrivalSpec{Process: "bursty", BurstFactor: ptr(4.0), BurstShare: ptr(0.25), BurstRequests: ptr(10.0)}, mmppCV(4, 0.25, 10)},
}

func TestGapsHaveMeanOneAndTheirVariation(t *testing.T) {
	skipIfShort(t)
	tried := map[string]bool{}
	for _, c := range gapCases {
		tried[c.spec.Process] = true
		gaps, err := c.spec.gaps(Stream(7, "arrivals"))
		if err != nil {
			t.Fatal(err)
		}
		xs := make([]float64, 1_000_000)
		for i := range xs {
			if xs[i] = gaps.Next(); !(xs[i] >= 0) {
				t.Fatalf("%s: gap %v", c.spec.Process, xs[i])
			}
		}
		mean, sd := stat.PopMeanStdDev(xs, nil)
		if math.Abs(mean-1) > 0.02 || math.Abs(sd/mean-c.cv) > 0.02*c.cv {
			t.Errorf("%+v: mean %.4f and cv %.4f, want 1 and %.4f", c.spec, mean, sd/mean, c.cv)
		}
	}
	for _, p := range processes.sorted() {
		if p.New != nil && !tried[p.Name] {
			t.Errorf("%s has no case here", p.Name)
		}
	}
}

// The first gap of each run counts: a process must not start in a rare phase.
func TestGapsHaveMeanOneFromTheFirst(t *testing.T) {
	skipIfShort(t)
	for _, c := range gapCases {
		sum, runs := 0.0, 20_000
		for seed := range runs {
			gaps, err := c.spec.gaps(Stream(uint64(seed), "arrivals"))
			if err != nil {
				t.Fatal(err)
			}
			sum += gaps.Next()
		}
		if mean, margin := sum/float64(runs), 5*c.cv/math.Sqrt(float64(runs)); math.Abs(mean-1) > margin+1e-9 {
			t.Errorf("%+v: first gap %.4f on average, want 1 ± %.4f", c.spec, mean, margin)
		}
	}
}

func TestRateStretchesTheSameArrivals(t *testing.T) {
	for _, c := range gapCases {
		s := lengths(1, 1)
		s.Requests = ptr(1000)
		s.Arrivals = c.spec
		s.Arrivals.Rate = ptr(2.0)
		slow := draw(t, open(t, s, Options{Seed: 3}))
		s.Arrivals.Rate = ptr(8.0)
		fast := draw(t, open(t, s, Options{Seed: 3}))
		for i := range slow {
			if d := slow[i].Arrival - 4*fast[i].Arrival; d < -4 || d > 4 {
				t.Fatalf("%s: request %d arrives at %v and %v", c.spec.Process, i, slow[i].Arrival, fast[i].Arrival)
			}
		}
	}
}

func TestStreamsOfNeighbouringSeedsAndOtherPurposesAreUnrelated(t *testing.T) {
	uniform := func(seed uint64, purpose string) []float64 {
		r, xs := Stream(seed, purpose), make([]float64, 100_000)
		for i := range xs {
			xs[i] = r.Float64()
		}
		return xs
	}
	one := uniform(1, "prompt")
	for name, other := range map[string][]float64{"seed": uniform(2, "prompt"), "purpose": uniform(1, "output")} {
		if c := stat.Correlation(one, other, nil); math.Abs(c) > 0.015 {
			t.Errorf("other %s: correlation %.3f", name, c)
		}
	}
	if again := uniform(1, "prompt"); again[99] != one[99] {
		t.Error("the same seed and purpose give other numbers")
	}
}

func TestDurationStopsArrivals(t *testing.T) {
	s := lengths(1, 1)
	s.Arrivals = ArrivalSpec{Process: "poisson", Rate: ptr(100.0)}
	s.Duration = ptr(time.Minute)
	all := draw(t, open(t, s, Options{}))
	if n := float64(len(all)); math.Abs(n-6000) > 5*math.Sqrt(6000) {
		t.Errorf("%v arrivals in a minute at 100 per second", n)
	}
	if last := all[len(all)-1].Arrival; last >= time.Minute {
		t.Errorf("the last arrives at %v", last)
	}
}

func TestClosedLoopKeepsItsUsersBusy(t *testing.T) {
	s := lengths(3, 4)
	s.Requests = ptr(5)
	s.Arrivals = ArrivalSpec{Process: "closed-loop", Users: ptr(2), Think: ptr(3 * time.Second)}
	source, err := open(t, s, Options{}).Source()
	if err != nil {
		t.Fatal(err)
	}
	loop := source.(Conversation)
	var sent []Request
	for r, ok := loop.Next(); ok; r, ok = loop.Next() {
		sent = append(sent, r)
	}
	if len(sent) != 2 || sent[1].Arrival != 0 {
		t.Fatalf("at first %+v, want 2 requests at 0", sent)
	}
	for i := 2; i < 5; i++ {
		now := time.Duration(i) * time.Second
		r, ok := loop.FollowUp(sent[0], now)
		if want := (Request{ID: i, Arrival: now + 3*time.Second, PromptTokens: 3, OutputTokens: 4}); !ok || !reflect.DeepEqual(r, want) {
			t.Errorf("follow-up %+v, want %+v", r, want)
		}
	}
	if r, ok := loop.FollowUp(sent[0], 9*time.Second); ok {
		t.Errorf("a sixth request %+v of 5", r)
	}
}

func TestClosedLoopEndsWithItsDuration(t *testing.T) {
	s := lengths(1, 1)
	s.Duration = ptr(10 * time.Second)
	s.Arrivals = ArrivalSpec{Process: "closed-loop", Users: ptr(1)}
	w := open(t, s, Options{})
	source, _ := w.Source()
	source.Next()
	if _, ok := source.(Conversation).FollowUp(Request{}, 10*time.Second-1); !ok {
		t.Error("no request before the end")
	}
	if _, ok := source.(Conversation).FollowUp(Request{}, 10*time.Second); ok {
		t.Error("a request at the end")
	}
	if survey, err := w.Survey(); err != nil || survey.Counted {
		t.Errorf("survey %+v counts what only time bounds (error %v)", survey, err)
	}
}
