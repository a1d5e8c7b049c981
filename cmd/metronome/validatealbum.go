package main

import (
	"fmt"
	"slices"
	"strings"

	"metronome/report"
	"metronome/study/validation"
)

// validationAlbum draws what was predicted of every run over what was measured.
func validationAlbum(r *validation.Report) report.Album {
	a := report.Album{Title: "Predicted and measured", Tables: []report.Table{pooledTable(r), worstTable(r)}}
	if p, ok := r.MAPE(validation.All)["e2e_mean"]; ok {
		a.Answer = fmt.Sprintf("The mean E2E of %d runs is predicted to %s %% in the mean; repeated recordings differ by %s %%.",
			p.N, share(p.Mean), poolMean(r.Noise(), "e2e_mean"))
	}
	a.Charts = append(a.Charts, parity(r))
	for _, run := range r.Runs {
		a.Charts = append(a.Charts, overlays(run)...)
	}
	a.Charts = slices.DeleteFunc(a.Charts, func(c report.Chart) bool { return len(c.Series) == 0 })
	return a
}

// pooledTable is the errors over whole runs, beside those of repeated recordings.
func pooledTable(r *validation.Report) report.Table {
	t := report.Table{Title: "Error, whole runs (%)", Head: []string{"", "mean", "median", "80 % within", "runs", "noise"}}
	all, noise := r.MAPE(validation.All), r.Noise()
	for _, m := range validation.Metrics {
		if p, ok := all[m]; ok {
			t.Rows = append(t.Rows, []string{m, share(p.Mean), share(p.Median), share(p.Most), fmt.Sprint(p.N), poolMean(noise, m)})
		}
	}
	return t
}

func worstTable(r *validation.Report) report.Table {
	t := report.Table{Title: "Worst runs", Head: []string{"run", "likely cause"}, Words: true}
	for _, run := range r.Worst(5) {
		t.Rows = append(t.Rows, []string{run.Experiment.ID, run.Cause()})
	}
	return t
}

// parity sets the mean E2E of all runs and stages against what was measured.
func parity(r *validation.Report) report.Chart {
	c := report.Chart{Name: "parity", Title: "Mean E2E, predicted against measured",
		X: report.Axis{Label: "measured (ms)", Log: true}, Y: report.Axis{Label: "predicted (ms)", Log: true}}
	points, equal := report.Series{Name: "runs and stages", Mark: report.Points}, report.Series{Name: "equal", Mark: report.Line}
	for _, run := range r.Runs {
		for i := range run.Spans {
			if f, ok := run.Spans[i].Figure("e2e_mean"); ok {
				points.Add(f.Measured, f.Predicted)
				points.Labels = append(points.Labels, run.Experiment.ID)
				equal.Add(f.Measured, f.Measured)
			}
		}
	}
	if len(points.X) == 0 {
		return c
	}
	low, high := slices.Min(equal.X), slices.Max(equal.X)
	equal.X, equal.Y = []float64{low, high}, []float64{low, high}
	c.Series = []report.Series{points, equal}
	return c
}

// overlays draws the distributions of a run: of all of it, or of its last stage if
// stages alone were recorded.
func overlays(run *validation.Run) (all []report.Chart) {
	span := run.Whole()
	if n := len(run.Spans); span == nil && n > 0 {
		span = &run.Spans[n-1]
	}
	if span == nil {
		return nil
	}
	of := run.Experiment.ID
	if span.Stage >= 0 {
		of += fmt.Sprintf(", stage %d", span.Stage)
	}
	for _, d := range span.Distributions {
		if c := distributionChart(of, d, span); len(c.Series) > 1 {
			all = append(all, c)
		}
	}
	return all
}

// distributionChart lays the simulated distribution over the recorded one, or over
// the percentiles that were recorded of it.
func distributionChart(of string, d validation.Distribution, span *validation.Span) report.Chart {
	c := report.Chart{Name: "cdf-" + strings.ReplaceAll(of, ", ", "-") + "-" + d.Metric, Title: strings.ToUpper(d.Metric) + " of " + of,
		X: report.Axis{Label: strings.ToUpper(d.Metric) + " (ms)"}, Y: report.Axis{Label: "share of requests (%)"}}
	curve := func(name string, percentiles []float64) {
		s := report.Series{Name: name, Mark: report.Line}
		for p, ms := range percentiles {
			s.Add(ms, float64(p))
		}
		if len(percentiles) > 0 {
			c.Series = append(c.Series, s)
		}
	}
	curve("predicted", d.Simulated)
	curve("measured", d.Recorded)
	if d.Recorded != nil {
		return c
	}
	points := report.Series{Name: "measured", Mark: report.Points}
	for _, p := range []int{50, 90, 99} {
		if f, ok := span.Figure(fmt.Sprintf("%s_p%d", d.Metric, p)); ok {
			points.Add(f.Measured, float64(p))
		}
	}
	if len(points.X) > 0 {
		c.Series = append(c.Series, points)
	}
	return c
}
