package workloads

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// zipfMoments sums the power law from 1 to most.
func zipfMoments(exponent float64, most int) (mean, sd float64) {
	var sum, first, second float64
	for n := 1.0; n <= float64(most); n++ {
		p := math.Pow(n, -exponent)
		sum, first, second = sum+p, first+n*p, second+n*n*p
	}
	mean = first / sum
	return mean, math.Sqrt(second/sum - mean*mean)
}

func TestLengthsHaveTheirMoments(t *testing.T) {
	skipIfShort(t)
	zipfMean, zipfSD := zipfMoments(1.5, 1000)
	tried := map[string]bool{}
	for _, c := range []struct {
		spec     LengthSpec
		mean, sd float64
	}{
		{LengthSpec{Distribution: "fixed", Value: ptr(17)}, 17, 0},
		{LengthSpec{Distribution: "uniform", Min: ptr(10), Max: ptr(20)}, 15, math.Sqrt(120.0 / 12)},
		{LengthSpec{Distribution: "normal", Mean: ptr(1000.0), SD: ptr(50.0)}, 1000, 50},
		{LengthSpec{Distribution: "normal", Mean: ptr(1000.0), CV: ptr(0.1)}, 1000, 100},
		{LengthSpec{Distribution: "lognormal", Mean: ptr(1024.0)}, 1024, 1024},
		{LengthSpec{Distribution: "lognormal", Mean: ptr(1000.0), SD: ptr(300.0)}, 1000, 300},
		{LengthSpec{Distribution: "lognormal", Median: ptr(1000.0), CV: ptr(0.5)}, 1000 * math.Sqrt(1.25), 500 * math.Sqrt(1.25)},
		{LengthSpec{Distribution: "zipf", Exponent: ptr(1.5), Max: ptr(1000)}, zipfMean, zipfSD},
		{LengthSpec{Distribution: "empirical", Quantiles: []int{100, 200, 1000}}, (150 + 600) / 2.0, math.Sqrt((100*100+100*200+200*200+200*200+200*1000+1000*1000)/6.0 - 375*375)},
		{LengthSpec{Distribution: "empirical", Quantiles: []int{100, 200}, At: []float64{0, 1}}, 150, 100 / math.Sqrt(12)},
	} {
		tried[c.spec.Distribution] = true
		if err := c.spec.validate("workload.prompt"); err != nil {
			t.Fatal(err)
		}
		drawn, err := c.spec.lengths("", Stream(5, "prompt"))
		if err != nil {
			t.Fatal(err)
		}
		xs := make([]float64, 1_000_000)
		for i := range xs {
			n := drawn.Next()
			if n < 1 || n < drawn.Least() || n > MostTokens {
				t.Fatalf("%+v: length %d below %d", c.spec, n, drawn.Least())
			}
			xs[i] = float64(n)
		}
		mean, sd := stat.PopMeanStdDev(xs, nil)
		if math.Abs(mean-c.mean) > 0.01*c.mean || math.Abs(sd-c.sd) > 0.02*c.sd {
			t.Errorf("%s: mean %.1f and sd %.1f, want %.1f and %.1f", c.spec.Distribution, mean, sd, c.mean, c.sd)
		}
	}
	for _, d := range distributions.sorted() {
		if d.New != nil && !tried[d.Name] {
			t.Errorf("%s has no case here", d.Name)
		}
	}
}

func TestClippedLengthsStayWithinBounds(t *testing.T) {
	for _, name := range []string{"normal", "lognormal"} {
		s := lengths(1, 1)
		s.Requests = ptr(10_000)
		s.Prompt = LengthSpec{Distribution: name, Mean: ptr(100.0), SD: ptr(200.0), Min: ptr(20), Max: ptr(300)}
		all := column(draw(t, open(t, s, Options{})), prompts)
		if low, high := slices.Min(all), slices.Max(all); low != 20 || high != 300 {
			t.Errorf("%s: lengths from %v to %v, want 20 to 300", name, low, high)
		}
	}
}

// Changing one setting leaves the draws of the others alone.
func TestSettingsDrawFromTheirOwnStreams(t *testing.T) {
	base := Spec{
		Requests: ptr(500),
		Prompt:   LengthSpec{Distribution: "lognormal", Mean: ptr(500.0)},
		Output:   LengthSpec{Distribution: "lognormal", Mean: ptr(200.0)},
	}
	columns := map[string]func(Request) float64{
		"arrivals": func(r Request) float64 { return float64(r.Arrival) }, "prompts": prompts, "outputs": outputs,
	}
	changes := map[string]func(*Spec){
		"arrivals": func(s *Spec) { s.Arrivals = ArrivalSpec{Process: "gamma", CV: ptr(3.0)} },
		"prompts":  func(s *Spec) { s.Prompt = LengthSpec{Distribution: "zipf", Exponent: ptr(2.0), Max: ptr(50)} },
		"outputs":  func(s *Spec) { s.Output = LengthSpec{Distribution: "normal", Mean: ptr(100.0), CV: ptr(0.2)} },
	}
	before := draw(t, open(t, base, Options{Seed: 9}))
	for changed, change := range changes {
		s := base
		change(&s)
		after := draw(t, open(t, s, Options{Seed: 9}))
		for name, of := range columns {
			if same := slices.Equal(column(before, of), column(after, of)); same == (name == changed) {
				t.Errorf("changing %s: %s the same is %v", changed, name, same)
			}
		}
	}
}
