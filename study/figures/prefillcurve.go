package figures

import (
	"context"
	"fmt"
	"math"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R13",
		Title:  "the time of a prefill grows faster than its prompt beyond 8k tokens",
		Source: "Etalon (arXiv 2407.07000), figure 1",
		Deviations: []string{
			olderEngine,
			"The published times are read off a picture by eye.",
		},
		Draw: prefillCurve,
	})
}

func prefillCurve(_ context.Context, l Lab) (*Result, error) {
	s, err := l.steps("yi-34b-h100", "deployment.max_model_len=131072")
	if err != nil {
		return nil, err
	}
	published := []struct {
		prompt  int
		seconds float64
	}{{512, 0.05}, {1024, 0.08}, {2048, 0.14}, {4096, 0.28}, {8192, 0.57}, {16384, 1.32}, {32768, 4.05}, {65536, 10.3}}
	ours := report.Series{Name: "Metronome", System: "vllm"}
	paper := report.Series{Name: "paper", Mark: report.Points, Color: "#666666"}
	ours.Mark = report.Line
	r := new(Result)
	times := map[int]float64{}
	for _, p := range published {
		t := s.prefill(p.prompt, p.prompt).Seconds()
		times[p.prompt] = t
		ours.Add(float64(p.prompt), t)
		paper.Add(float64(p.prompt), p.seconds)
		r.compare(Value{fmt.Sprintf("prefill of %d tokens", p.prompt), "s", t, p.seconds, Estimated})
	}
	exponent := func(from int) float64 { return math.Log2(times[2*from] / times[from]) }
	r.between(0.8, 1.15, Value{"growth per doubling, as an exponent, from 2k to 4k tokens", "", exponent(2048), 1.0, Estimated})
	r.atLeast(1.05, Value{"exponent from 8k to 16k tokens", "", exponent(8192), 1.21, Estimated})
	r.atLeast(1.2, Value{"exponent from 16k to 32k tokens", "", exponent(16384), 1.62, Estimated})
	r.between(0.67, 1.5, Value{"prefill of 8192 tokens, over the paper's", "", times[8192] / 0.57, 1, Estimated})
	r.Charts = []report.Chart{{
		Name:  "prefill-curve",
		Title: fmt.Sprintf("A prefill of Yi-34B on two H100 grows with the exponent %s from 2k to 4k tokens, and %s from 16k to 32k", Number(exponent(2048)), Number(exponent(16384))),
		X:     report.Axis{Label: "prompt tokens", Log: true}, Y: report.Axis{Label: "time of the prefill (s)", Log: true},
		Series: []report.Series{ours, paper},
	}}
	return r, nil
}
