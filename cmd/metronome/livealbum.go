package main

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"metronome/metrics"
	"metronome/report"
	"metronome/study"
)

// A liveTwin is a live run beside its simulation, request by request.
type liveTwin struct {
	reading             metrics.Reading
	simulated, measured liveSide
}

// A liveSide is one of the two: the replies, scored, and the fluidity-index of each.
type liveSide struct {
	replies []*metrics.Completion
	report  *metrics.Report
	fluid   fluidities
}

// scored scores replies.
func scored(all []*metrics.Completion, o metrics.Options) liveSide {
	s := liveSide{replies: all, fluid: fluidities{reading: o.SLO.Index}}
	set := metrics.New(o)
	set.Add(&s.fluid)
	for _, x := range all {
		set.Finished(x)
	}
	s.report = set.Report()
	return s
}

// fluidities keep the fluidity-index of every request, in the order of their ends.
type fluidities struct {
	reading metrics.Reading
	all     []float64
}

// Finished implements metrics.RequestObserver.
func (f *fluidities) Finished(_ *metrics.Completion, s *metrics.Score) {
	met, total := s.Fluidity(f.reading)
	f.all = append(f.all, float64(met)/float64(total))
}

// Rows implements metrics.Metric.
func (f *fluidities) Rows() []metrics.Row { return nil }

// Merge implements metrics.Metric. A run is scored as a whole.
func (f *fluidities) Merge(metrics.Metric) { panic("metronome: parts of a live run are merged") }

// apart returns how far the fluidity-index of a request is off in the mean, and the
// share of requests for which it is off by less than 0.05.
func (t liveTwin) apart() (mean, near float64) {
	n := float64(len(t.measured.fluid.all))
	for i, m := range t.measured.fluid.all {
		off := math.Abs(t.simulated.fluid.all[i] - m)
		mean += off / n
		if off < 0.05 {
			near += 1 / n
		}
	}
	return mean, near
}

// csv lists the requests.
func (t liveTwin) csv() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "request,prompt_tokens,output_tokens,simulated_fluidity,measured_fluidity,simulated_ttft_ms,measured_ttft_ms,simulated_e2e_ms,measured_e2e_ms")
	for i, m := range t.measured.replies {
		s := t.simulated.replies[i]
		fmt.Fprintf(&b, "%d,%d,%d,%.6f,%.6f,%.3f,%.3f,%.3f,%.3f\n", i, m.Request.PromptTokens, m.Tokens(), t.simulated.fluid.all[i], t.measured.fluid.all[i],
			inMS(s.First()-s.Request.Arrival), inMS(m.First()-m.Request.Arrival), inMS(s.Last()-s.Request.Arrival), inMS(m.Last()-m.Request.Arrival))
	}
	return b.Bytes()
}

func inMS(d time.Duration) float64 { return float64(d) / 1e6 }

// quantities are the times whose distributions are laid over each other.
var quantities = []struct {
	name, text string
	of         func(c *metrics.Completion, h *metrics.Histogram)
}{
	{"ttft", "time to first token", func(c *metrics.Completion, h *metrics.Histogram) { h.Record(c.First() - c.Request.Arrival) }},
	{"tbt", "time between tokens", func(c *metrics.Completion, h *metrics.Histogram) {
		for i := 1; i < c.Tokens(); i++ {
			h.Record(c.Token(i) - c.Token(i-1))
		}
	}},
	{"tpot", "time per output token", func(c *metrics.Completion, h *metrics.Histogram) {
		if n := c.Tokens(); n > 1 {
			h.Record((c.Last() - c.First()) / time.Duration(n-1))
		}
	}},
	{"e2e", "time to the last token", func(c *metrics.Completion, h *metrics.Histogram) { h.Record(c.Last() - c.Request.Arrival) }},
}

// charts lay the distributions over each other, and set the fluidity-index of each
// request against what was measured.
func (t liveTwin) charts() (all []report.Chart) {
	for _, q := range quantities {
		var simulated, measured metrics.Histogram
		for i := range t.measured.replies {
			q.of(t.simulated.replies[i], &simulated)
			q.of(t.measured.replies[i], &measured)
		}
		c := report.Distributions(q.name, q.text, report.Distribution{System: "simulated", Values: &simulated}, report.Distribution{System: "measured", Values: &measured})
		if len(c.Series) > 0 {
			all = append(all, c)
		}
	}
	return append(all, t.scatter())
}

func (t liveTwin) scatter() report.Chart {
	mean, _ := t.apart()
	points := report.Series{Name: "requests", Mark: report.Points}
	for i, m := range t.measured.fluid.all {
		points.Add(m, t.simulated.fluid.all[i])
		points.Labels = append(points.Labels, fmt.Sprint("request ", i))
	}
	return report.Chart{
		Name: "fluidity", Title: fmt.Sprintf("The fluidity-index of a request is off by %s in the mean", figure(mean)),
		X:      report.Axis{Label: fmt.Sprintf("measured fluidity-index (%s)", t.reading)},
		Y:      report.Axis{Label: fmt.Sprintf("simulated fluidity-index (%s)", t.reading)},
		Series: []report.Series{points, {Name: "equal", Mark: report.Line, X: []float64{0, 1}, Y: []float64{0, 1}}},
	}
}

// keep writes the page, the charts and the list of requests to a folder.
func (t liveTwin) keep(folder string, table report.Table) error {
	a := report.Album{Title: "A live run and its simulation", Charts: t.charts(), Tables: []report.Table{table}}
	mean, near := t.apart()
	a.Answer = fmt.Sprintf("The fluidity-index of a request is off by %s in the mean; for %s %% of %d requests by less than 0.05.", figure(mean), figure(100*near), len(t.measured.replies))
	if err := writeAlbum(folder, a); err != nil {
		return err
	}
	for _, c := range a.Charts {
		for _, format := range report.Formats {
			var b bytes.Buffer
			if err := c.Draw(&b, format); err != nil {
				return failure{err}
			}
			if err := study.WriteFile(folder+"/"+study.PlotsFolder, c.Name+"."+format, b.Bytes()); err != nil {
				return failure{err}
			}
		}
	}
	return study.WriteFile(folder, "fluidity.csv", t.csv())
}
