package main

import (
	"context"
	"fmt"

	"metronome/report"
	"metronome/study"
)

// comparisonAlbum draws by how much contenders differ from the first.
func comparisonAlbum(r *study.Comparison, colors []string) report.Album {
	names := shortNames(r.Names)
	head := []string{"figure", "unit", names[0]}
	for _, name := range names[1:] {
		head = append(head, name, "difference")
	}
	var rows [][]string
	for _, f := range r.Figures {
		row := []string{f.Name, f.Unit, plusMinus(f.Values[0])}
		for i := range names[1:] {
			row = append(row, plusMinus(f.Values[i+1]), plusMinus(f.Differences[i+1]))
		}
		rows = append(rows, row)
	}
	return report.Album{
		Title: "Comparison", Answer: r.Answer(), Charts: []report.Chart{differences(r, names, colors)},
		Tables: []report.Table{{Title: "All figures, with 95 % confidence intervals over seeds", Head: head, Rows: rows}},
		Assumptions: [][2]string{
			{"requests", fmt.Sprintf("the same for all, %d seeds", r.Seeds)},
			{"first deadline", "alone on " + r.Reference},
			{"pictures of distributions and load", "the first seed"},
		},
	}
}

// differences draws the differences from the first contender in percent.
func differences(r *study.Comparison, names, colors []string) report.Chart {
	c := report.Chart{
		Name: "differences", Title: "Differences from " + names[0] + ", in percent of its figures",
		X: report.Axis{Label: "figure"}, Y: report.Axis{Label: "difference (%)"},
	}
	for i, name := range names[1:] {
		c.Series = append(c.Series, report.Series{Name: name, Mark: report.Bars, Color: colors[i+1]})
	}
	for _, f := range r.Figures {
		first := f.Values[0].Mean
		if !f.Head || !(first > 0) {
			continue
		}
		for i := range c.Series {
			c.Series[i].Add(float64(len(c.Categories)), 100*f.Differences[i+1].Mean/first)
		}
		c.Categories = append(c.Categories, f.Name)
	}
	return c
}

// illustrated is a comparison with charts of one more run of each experiment, with
// the same seed.
func illustrated(ctx context.Context, r *study.Comparison, all []study.Contender, o study.Options) (report.Album, error) {
	o.Warn = nil // has been told
	short := shortNames(r.Names)
	systems := make([]string, len(all))
	var names []string
	var runs []*report.Run
	var files []report.File
	for i, contender := range all {
		systems[i] = contender.Name
		if contender.Experiment == nil {
			continue
		}
		e := *contender.Experiment
		e.Seed = firstSeed(all)
		p, err := e.Plan(o)
		if err != nil {
			return report.Album{}, err
		}
		text, err := p.File(".")
		if err != nil {
			return report.Album{}, err
		}
		run := newRun(p)
		if _, err := p.Run(ctx, run); err != nil {
			return report.Album{}, ended(err)
		}
		systems[i] = p.Policy.Name
		names, runs, files = append(names, short[i]), append(runs, run), append(files, report.File{Name: short[i], Text: string(text)})
	}
	colors := report.Colors(systems)
	a := comparisonAlbum(r, colors)
	a.Charts = append(a.Charts, report.Overlay(names, runs)...)
	a.Files = files
	return a, nil
}
