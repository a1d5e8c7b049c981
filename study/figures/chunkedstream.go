package figures

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"metronome/metrics"
	"metronome/report"
	"metronome/workloads"
)

func init() {
	Register(Figure{
		Name:   "R11",
		Title:  "endpoints that send tokens in chunks look fast by TPOT, slow by tail TBT, and fluidity is between",
		Source: "Etalon (arXiv 2407.07000), figure 5",
		Deviations: []string{
			"The endpoints are not simulated: streams are made up with the published token rate and share of tokens that come together, chunks of geometric size and gaps with a coefficient of variation of 0.5.",
		},
		Draw: chunkedStream,
	})
}

// An endpoint is what the paper shows of one, for Mixtral-8x7B.
type endpoint struct {
	name              string
	tpot, tail, fluid float64 // tokens per second
	together          float64 // share of gaps of 0
	threshold         float64 // target at which 99 % of replies are fluent, ms
}

var endpoints = []endpoint{
	{"Anyscale", 45, 5, 20, 0.89, 49},
	{"Fireworks", 266, 19, 98, 0.93, 10.3},
	{"Groq", 604, 157, 333, 0.59, 3.0},
}

func chunkedStream(_ context.Context, _ Lab) (*Result, error) {
	r := new(Result)
	rates := report.Chart{
		Name: "endpoint-rates",
		X:    report.Axis{Label: ""}, Y: report.Axis{Label: "tokens per second"},
		Categories: []string{"1/mean TPOT", "fluid rate", "1/P99 TBT"},
	}
	curves := report.Chart{
		Name: "acceptance",
		X:    report.Axis{Label: "target time between tokens (ms)", Log: true}, Y: report.Axis{Label: "P1 of the fluidity-index"},
	}
	for _, e := range endpoints {
		found := ratesOf(e.score(25 * time.Millisecond))
		tpot, tail, fluid := found[0], found[1], found[2]
		r.atLeast(1, Value{e.name + ": TPOT rate over fluid rate", "×", tpot / fluid, e.tpot / e.fluid, Estimated})
		r.atLeast(1, Value{e.name + ": fluid rate over tail-TBT rate", "×", fluid / tail, e.fluid / e.tail, Estimated})
		curve := e.acceptance()
		r.atLeast(0, Value{Name: e.name + ": least rise of the acceptance curve from one target to the next", Ours: leastRise(curve.Y)})
		r.compare(Value{e.name + ": TPOT rate", "tokens/s", tpot, e.tpot, Estimated},
			Value{e.name + ": fluid rate", "tokens/s", fluid, e.fluid, Estimated},
			Value{e.name + ": tail-TBT rate", "tokens/s", tail, e.tail, Estimated})
		rates.Series = append(rates.Series, report.Series{Name: e.name, Mark: report.Bars, X: []float64{0, 1, 2}, Y: []float64{tpot, fluid, tail}})
		curves.Series = append(curves.Series, curve)
	}
	first := rates.Series[0]
	rates.Title = fmt.Sprintf("%s sends %s tokens per second by TPOT, %s by tail TBT, and can be read at %s", first.Name, Number(first.Y[0]), Number(first.Y[2]), Number(first.Y[1]))
	curves.Title = fmt.Sprintf("Nearly all replies of %s are fluent from %s ms per token on, those of %s from %s ms on",
		endpoints[2].name, Number(fluentFrom(curves.Series[2])), endpoints[0].name, Number(fluentFrom(curves.Series[0])))
	r.Charts = []report.Chart{rates, curves}
	return r, nil
}

// score scores replies of the endpoint.
func (e endpoint) score(target time.Duration) *metrics.Report {
	const replies, tokens = 400, 256
	slo := metrics.DefaultSLO()
	slo.TBT = target
	set := metrics.New(metrics.Options{SLO: slo, Requests: replies, Recorded: true})
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range replies {
		c := metrics.Completion{Request: workloads.Request{ID: i, PromptTokens: 1024, OutputTokens: tokens}}
		c.Own = e.stream(draw, tokens)
		c.Finish = c.Last()
		for i := 1; i < tokens; i++ {
			c.LongestGap = max(c.LongestGap, c.Own[i]-c.Own[i-1])
		}
		set.Finished(&c)
	}
	return set.Report()
}

// stream returns the times of the tokens of a reply.
func (e endpoint) stream(draw *rand.Rand, tokens int) []time.Duration {
	const first = 300 * time.Millisecond
	mean := 1 / e.tpot / (1 - e.together) // seconds between chunks
	times := []time.Duration{first}
	for len(times) < tokens {
		t := times[len(times)-1]
		if draw.Float64() >= e.together {
			// The sum of four exponential gaps has half the variation of one.
			gap := 0.0
			for range 4 {
				gap += draw.ExpFloat64() * mean / 4
			}
			t += time.Duration(gap * 1e9)
		}
		times = append(times, t)
	}
	return times
}

// acceptance draws the P1 of the fluidity-index against the target.
func (e endpoint) acceptance() report.Series {
	s := report.Series{Name: e.name, Mark: report.Line}
	for _, ms := range []float64{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 150} {
		p1, _ := e.score(time.Duration(ms * float64(time.Millisecond))).Lookup("fluidity.p1")
		s.Add(ms, p1)
	}
	return s
}

// fluentFrom returns the first target of an acceptance curve with an index of 0.9.
func fluentFrom(curve report.Series) float64 {
	for i, p1 := range curve.Y {
		if p1 >= 0.9 {
			return curve.X[i]
		}
	}
	return math.Inf(1)
}

// leastRise returns the least difference of a value from the one before.
func leastRise(values []float64) float64 {
	least := values[1] - values[0]
	for i := 2; i < len(values); i++ {
		least = min(least, values[i]-values[i-1])
	}
	return least
}
