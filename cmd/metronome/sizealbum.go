package main

import (
	"fmt"

	"metronome/report"
	"metronome/study"
)

// sizeAlbum draws the front of cost against fluidity.
func sizeAlbum(r *study.SizeResult) report.Album {
	n := r.Count
	a := report.Album{Title: "Cheapest cluster", Answer: r.Answer(), Assumptions: [][2]string{
		{"first deadline", "alone on " + r.Reference},
		{"candidates", fmt.Sprintf("%d: %d do not fit, %d cannot win by the cost model alone, %d too slow for a lone request, %d beyond the limits, %d hold",
			n.Candidates, n.Unfit, n.Bounded, n.Slow, n.Beyond, n.Holding)},
	}}
	if len(r.Front) == 0 {
		return a
	}
	var rows [][]string
	for _, z := range r.Front {
		rows = append(rows, sizedRow(z.String(), &z))
	}
	if r.RunnerUp != nil {
		rows = append(rows, sizedRow("runner-up: "+r.RunnerUp.String(), r.RunnerUp))
	}
	head := []string{"cluster", "$/hour", "fluid rate (tokens/s)", "attained"}
	var scenarios [][]string
	for _, s := range r.Scenarios {
		answer := "the same"
		if r.Changed(s) {
			answer = change(s)
		}
		scenarios = append(scenarios, []string{s.Change, answer})
	}
	a.Charts = []report.Chart{frontChart(r)}
	a.Tables = []report.Table{
		{Title: "The front, and what comes next", Head: head, Rows: rows},
		{Title: "What would change the answer", Head: []string{"if", "the cheapest is"}, Rows: scenarios, Words: true},
	}
	return a
}

func sizedRow(name string, z *study.Sized) []string {
	return []string{name, figure4(z.PricePerHour), figure4(z.TokenRate), percent(z.Attainment)}
}

func frontChart(r *study.SizeResult) report.Chart {
	front := report.Series{Name: "none is both cheaper and faster", Mark: report.Line, Color: report.Color(0)}
	for _, z := range r.Front {
		front.Add(z.PricePerHour, z.TokenRate)
		front.Labels = append(front.Labels, z.String())
	}
	c := report.Chart{
		Name: "front", X: report.Axis{Label: "dollars per hour"}, Y: report.Axis{Label: "fluid token rate (tokens/s)"},
		Series: []report.Series{front},
	}
	first, last := r.Front[0], r.Front[len(r.Front)-1]
	c.Title = "The cheapest cluster that holds is also the fastest"
	if len(r.Front) > 1 {
		c.Title = fmt.Sprintf("From %s to %s dollars per hour, the pace of reading grows from %s to %s tokens per second",
			figure4(first.PricePerHour), figure4(last.PricePerHour), figure4(first.TokenRate), figure4(last.TokenRate))
	}
	if u := r.RunnerUp; u != nil {
		next := report.Series{Name: "runner-up", Mark: report.Points, Color: report.Color(5), Labels: []string{"runner-up: " + u.String()}}
		next.Add(u.PricePerHour, u.TokenRate)
		c.Series = append(c.Series, next)
	}
	return c
}
