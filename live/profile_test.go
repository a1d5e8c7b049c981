package live

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The fit finds the curve that the points are on, whatever terms it has, and though one
// point in eight is far off.
func TestFitFindsTheCurve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Quadratic{
			A: rapid.SampledFrom([]float64{0, 1e6, 5e7}).Draw(t, "a"),
			B: rapid.SampledFrom([]float64{1e4, 1e5, 1e6}).Draw(t, "b"),
			C: rapid.SampledFrom([]float64{0, 10, 100}).Draw(t, "c"),
		}
		var n, times []float64
		for _, tokens := range []int{64, 128, 256, 512, 1024, 2048, 4096, 8192} {
			n = append(n, float64(tokens))
			times = append(times, float64(want.At(tokens)))
		}
		if rapid.Bool().Draw(t, "disturbed") {
			times[rapid.IntRange(1, 6).Draw(t, "at")] *= 4
		}
		got, err := fitQuadratic(n, times)
		if err != nil {
			t.Fatal(err)
		}
		for _, tokens := range []int{64, 300, 3000, 8192} {
			if off := float64(got.At(tokens))/float64(want.At(tokens)) - 1; math.Abs(off) > 0.05 {
				t.Fatalf("%+v is fitted as %+v: %.3f off at %d tokens", want, got, off, tokens)
			}
		}
	})
}

func TestTermsAreNeverNegative(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var n, times []float64
		for k := range 6 {
			n = append(n, float64(int(64)<<k))
			times = append(times, 1e6*(1+random.Float64()*float64(k+1)))
		}
		if q, err := fitQuadratic(n, times); err == nil && (q.A < 0 || q.B < 0 || q.C < 0) {
			t.Fatalf("%v at %v is fitted as %+v", times, n, q)
		}
	}
}

// Points become a curve, and the profiler sends one request at a time.
func TestProfileIsReadAsACurve(t *testing.T) {
	var g gauge
	e := serve(t, func(w http.ResponseWriter, q request) {
		g.in()
		defer g.out()
		n := len(q.Prompt.([]any))
		time.Sleep(time.Duration(n) * 20 * time.Microsecond)
		for range q.MaxTokens {
			fmt.Fprint(w, "data: {\"choices\":[{\"text\":\" a\"}]}\n\n")
		}
		fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}}\n\ndata: [DONE]\n\n", n, q.MaxTokens)
	})
	p := &Profiler{Endpoint: e, Prompter: &Prompter{ids: true}, Lengths: []int{100, 300, 1000}, Repeat: 2}
	profile, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if g.most != 1 {
		t.Errorf("%d requests at once", g.most)
	}
	for i, q := range profile.Points {
		if q.Tokens != p.Lengths[i] || q.Least > q.Median || q.Median > q.Max || q.Least < time.Duration(q.Tokens)*20*time.Microsecond {
			t.Errorf("%+v", q)
		}
	}
	if c := profile.Curve(); len(c) != 3 || c.At(300) != max(1, profile.Points[1].Fitted) {
		t.Errorf("%v (must have %+v)", c, profile.Points)
	}
}
