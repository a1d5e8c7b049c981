package workloads

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// staging returns a workload of stages, of requests of one token.
func staging(process string, stages ...Stage) Spec {
	s := lengths(1, 1)
	s.Arrivals = ArrivalSpec{Process: process, Stages: stages}
	return s
}

// integral returns the mean number of requests by a time.
func integral(stages []Stage, at time.Duration) (sum float64) {
	for _, s := range stages {
		t := min(at, s.Duration).Seconds()
		slope := (s.End() - s.Rate) / s.Duration.Seconds()
		sum += s.Rate*t + slope*t*t/2
		if at -= s.Duration; at <= 0 {
			break
		}
	}
	return sum
}

func drawStages(t *rapid.T) (stages []Stage) {
	rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 50))
	for range rapid.IntRange(1, 5).Draw(t, "stages") {
		s := Stage{Rate: rate.Draw(t, "rate"), Duration: time.Duration(rapid.IntRange(1, 20_000).Draw(t, "ms")) * time.Millisecond}
		if rapid.Bool().Draw(t, "ramp") {
			s.To = ptr(rate.Draw(t, "to"))
		}
		stages = append(stages, s)
	}
	return stages
}

// With equal gaps request n arrives where the integral of the rate is n, and as many
// arrive as the integral holds.
func TestStagesFollowTheIntegralOfTheirRate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		stages := drawStages(r)
		all := integral(stages, span(stages))
		if all == 0 {
			return
		}
		arrived := draw(t, open(t, staging("constant", stages...), Options{}))
		if n := float64(len(arrived)); n < all-1e-6 || n > all+1+1e-6 {
			r.Fatalf("%v arrivals of %v", n, all)
		}
		for i, q := range arrived {
			if got := integral(stages, q.Arrival); math.Abs(got-float64(i)) > 1e-5 {
				r.Fatalf("request %d arrives at %v, when %v are due", i, q.Arrival, got)
			}
		}
	})
}

// The counts of a Poisson process in every part of a load have the mean and the
// variance of its integral there.
func TestStagedPoissonCountsMatchTheIntegral(t *testing.T) {
	stages := []Stage{{Rate: 5, Duration: 10 * time.Second}, {Rate: 5, To: ptr(45.0), Duration: 10 * time.Second}, {Rate: 0, Duration: 5 * time.Second}, {Rate: 30, To: ptr(0.0), Duration: 5 * time.Second}}
	const runs, parts = 400, 30 // of a second
	var sum, squares [parts]float64
	for seed := range runs {
		var counts [parts]float64
		for _, q := range draw(t, open(t, staging("poisson", stages...), Options{Seed: uint64(seed)}))[1:] { // the first is at 0
			counts[q.Arrival/time.Second]++
		}
		for i, n := range counts {
			sum[i] += n
			squares[i] += n * n
		}
	}
	for i := range parts {
		want := integral(stages, time.Duration(i+1)*time.Second) - integral(stages, time.Duration(i)*time.Second)
		mean := sum[i] / runs
		variance := squares[i]/runs - mean*mean
		if math.Abs(mean-want) > 5*math.Sqrt(want/runs)+1e-9 || math.Abs(variance-want) > 0.5*want+1e-9 {
			t.Errorf("second %d: %.3f arrivals of variance %.3f (want %.3f of both)", i, mean, variance, want)
		}
	}
}

// A stage of one rate is that rate, whatever the process.
func TestOneStageIsItsRate(t *testing.T) {
	for _, c := range gapCases {
		rated := lengths(1, 1)
		rated.Arrivals, rated.Duration = c.spec, ptr(time.Minute)
		rated.Arrivals.Rate = ptr(7.0)
		step := lengths(1, 1)
		step.Arrivals = c.spec
		step.Arrivals.Stages = []Stage{{Rate: 7, Duration: time.Minute}}
		if a, b := draw(t, open(t, rated, Options{})), draw(t, open(t, step, Options{})); !alike(a, b) {
			t.Errorf("%+v: %d arrivals at a rate, %d in a stage, or at other times", c.spec, len(a), len(b))
		}
	}
}

// alike reports whether requests are the same, but for the rounding of arrivals.
func alike(a, b []Request) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		d := a[i].Arrival - b[i].Arrival
		if b[i].Arrival = a[i].Arrival; d < -1 || d > 1 || !reflect.DeepEqual(a[i], b[i]) {
			return false
		}
	}
	return true
}
