package main

import (
	"fmt"

	"metronome/report"
	"metronome/study"
)

// capacityAlbum draws what the probes showed.
func capacityAlbum(r *study.CapacityResult) report.Album {
	var rows [][]string
	for _, p := range r.Evidence() {
		rows = append(rows, []string{figure4(p.Rate), yes(p.Holds), percent(p.Attainment), figure(p.TokenRate), figure(p.TBT), figure(p.Delay)})
	}
	return report.Album{
		Title: "Capacity: " + r.Criterion.Text, Answer: r.Answer(),
		Charts: []report.Chart{
			probed(r, "attainment", "The service level holds up to "+plusMinus(r.Rate)+" requests per second",
				"requests attained (%)", func(p study.Probe) float64 { return 100 * p.Attainment }),
			probed(r, "fluid-rate", "The pace at which replies can be read falls with the load",
				"fluid token rate (tokens/s)", func(p study.Probe) float64 { return p.TokenRate }),
		},
		Tables: []report.Table{{Title: "Probes of the first seed", Rows: rows,
			Head: []string{"requests per second", "holds", "attained", "fluid rate (tokens/s)", "P99 TBT (ms)", "median delay (ms)"}}},
		Assumptions: [][2]string{
			{"service level", r.Criterion.Text},
			{"runs", fmt.Sprintf("%d probes, at last of %d requests", len(r.Probes), r.Requests)},
		},
	}
}

// probed draws a figure of every probe against its rate.
func probed(r *study.CapacityResult, name, title, label string, of func(study.Probe) float64) report.Chart {
	holds := report.Series{Name: "within the service level", Mark: report.Points, Color: report.Color(0)}
	fails := report.Series{Name: "beyond it", Mark: report.Points, Color: report.Color(5)}
	for _, p := range r.Probes {
		s := &fails
		if p.Holds {
			s = &holds
		}
		s.Add(p.Rate, of(p))
		s.Labels = append(s.Labels, fmt.Sprintf("%s: seed %d, %d requests", s.Name, p.Seed, p.Requests))
	}
	c := report.Chart{Name: name, Title: title, X: report.Axis{Label: "requests per second"}, Y: report.Axis{Label: label}}
	for _, s := range []report.Series{holds, fails} {
		if len(s.X) > 0 {
			c.Series = append(c.Series, s)
		}
	}
	return c
}
