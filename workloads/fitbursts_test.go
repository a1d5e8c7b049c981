package workloads

import (
	"math"
	"os"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
)

// fitBursts fits the mmpp process to the dispersion of recorded arrivals over 10
// and 60 s. Where the rate varies a lot the calm phase is silent, else both
// phases last as long. The factor is a hair less than that, so that printing four
// digits cannot push the calm rate below 0.
func fitBursts(all []Request) Burstiness {
	b := Burstiness{}
	b.Rate, b.CV = gapMoments(all)
	short, long := dispersion(all, 10*time.Second)-1, dispersion(all, time.Minute)-1
	low, high := 1e-4, 10.0 // rate at which phases are forgotten, per second
	for range 100 {
		if middle := math.Sqrt(low * high); settled(60*middle)/settled(10*middle) > long/short {
			low = middle
		} else {
			high = middle
		}
	}
	forget := low
	spread := short / settled(10*forget) * forget / (2 * b.Rate) // variance of the rate over its mean squared
	b.BurstShare = min(0.5, 1/(1+spread))
	b.BurstFactor = (1 + math.Sqrt(spread*(1-b.BurstShare)/b.BurstShare)) * 0.9999
	b.BurstRequests = b.BurstFactor * b.Rate / ((1 - b.BurstShare) * forget)
	return b
}

// settled is the part of its final value that the dispersion of a two-phase
// process less 1 has over an interval of x forgetting times (Heffes and Lucantoni, 1986).
func settled(x float64) float64 { return 1 + math.Expm1(-x)/x }

// gapMoments returns the mean rate and the coefficient of variation of the gaps.
func gapMoments(all []Request) (rate, cv float64) {
	gaps := make([]float64, len(all)-1)
	for i := range gaps {
		gaps[i] = (all[i+1].Arrival - all[i].Arrival).Seconds()
	}
	mean, sd := stat.PopMeanStdDev(gaps, nil)
	return 1 / mean, sd / mean
}

// dispersion is the variance over the mean of the number of arrivals in intervals.
func dispersion(all []Request, interval time.Duration) float64 {
	counts := make([]float64, int(all[len(all)-1].Arrival/interval))
	for _, r := range all {
		if i := int(r.Arrival / interval); i < len(counts) {
			counts[i]++
		}
	}
	mean, sd := stat.PopMeanStdDev(counts, nil)
	return sd * sd / mean
}

// TestBurstsAreAsDispersedAsRecorded holds the dispersion to 20 % over 10 and
// 60 s, what the sampling of an hour allows.
func TestBurstsAreAsDispersedAsRecorded(t *testing.T) {
	skipIfShort(t)
	for _, f := range fitted {
		e, err := openEmbedded(os.DirFS("../profiles"), f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Recorded.Rate == 0 {
			continue
		}
		want, _ := recordedRequests(t, f.file)
		got := draw(t, open(t, Spec{
			Source: f.Name, Requests: ptr(2_000_000), Arrivals: ArrivalSpec{Process: "mmpp", Rate: &e.Recorded.Rate},
		}, Options{Seed: 1, Profiles: os.DirFS("../profiles")}))
		for _, interval := range []time.Duration{10 * time.Second, time.Minute} {
			if g, w := dispersion(got, interval), dispersion(want, interval); math.Abs(g/w-1) > 0.2 {
				t.Errorf("%s over %v: %.2f, recorded %.2f", f.Name, interval, g, w)
			}
		}
	}
}
