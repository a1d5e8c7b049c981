package main

import (
	"bytes"
	"context"
	"path/filepath"

	"metronome/report"
	"metronome/study"
)

// album writes a page to the folder that was asked for, if one was.
func (f *runFlags) album(a report.Album) error {
	if f.out == "" {
		return nil
	}
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		return failure{err}
	}
	return study.WriteFile(f.out, study.ReportFile, b.Bytes())
}

// comparisonAlbum draws by how much contenders differ from the first.
func comparisonAlbum(r *study.Comparison) report.Album {
	chart := report.Chart{
		Name: "differences", Title: "Differences from " + filepath.Base(r.Names[0]) + ", in percent of its figures",
		X: report.Axis{Label: ""}, Y: report.Axis{Label: "difference (%)"},
	}
	head := []string{"figure", "unit"}
	for i, name := range r.Names {
		head = append(head, name)
		if i > 0 {
			head = append(head, "difference")
			chart.Series = append(chart.Series, report.Series{Name: filepath.Base(name), Mark: report.Bars, Color: report.Color(i)})
		}
	}
	var rows [][]string
	for _, f := range r.Figures {
		row := []string{f.Name, f.Unit}
		for i := range r.Names {
			row = append(row, plusMinus(f.Values[i]))
			if i > 0 {
				row = append(row, plusMinus(f.Differences[i]))
			}
		}
		rows = append(rows, row)
		if first := f.Values[0].Mean; f.Head && first != 0 {
			for i := range chart.Series {
				chart.Series[i].Add(float64(len(chart.Categories)), 100*f.Differences[i+1].Mean/first)
			}
			chart.Categories = append(chart.Categories, f.Name)
		}
	}
	return report.Album{
		Title: "Comparison", Answer: r.Answer(), Charts: []report.Chart{chart},
		Tables: []report.Table{{Title: "All figures, with 95 % confidence intervals over seeds", Head: head, Rows: rows}},
	}
}

// overlaid adds charts of one more run of each experiment, with the same seed.
func overlaid(ctx context.Context, all []study.Contender, o study.Options, charts []report.Chart) ([]report.Chart, error) {
	var names []string
	var runs []*report.Run
	o.Warn = nil // has been told
	for _, contender := range all {
		if contender.Experiment == nil {
			continue
		}
		e := *contender.Experiment
		e.Seed = firstSeed(all)
		p, err := e.Plan(o)
		if err != nil {
			return nil, err
		}
		run := newRun(p)
		if _, err := p.Run(ctx, run); err != nil {
			return nil, ended(err)
		}
		names, runs = append(names, filepath.Base(contender.Name)), append(runs, run)
	}
	return append(charts, report.Overlay(names, runs)...), nil
}

// capacityAlbum draws what the probes showed.
func capacityAlbum(r *study.CapacityResult) report.Album {
	holds := report.Series{Name: "within the service level", Mark: report.Points, Color: "#0072b2"}
	fails := report.Series{Name: "beyond it", Mark: report.Points, Color: "#d55e00"}
	for _, p := range r.Probes {
		if p.Holds {
			holds.Add(p.Rate, 100*p.Attainment)
		} else {
			fails.Add(p.Rate, 100*p.Attainment)
		}
	}
	var rows [][]string
	for _, p := range r.Evidence() {
		rows = append(rows, []string{figure4(p.Rate), yes(p.Holds), percent(p.Attainment), figure(p.TokenRate), figure(p.TBT), figure(p.Delay)})
	}
	a := report.Album{
		Title: "Capacity: " + r.Criterion.Text, Answer: r.Answer(),
		Tables: []report.Table{{Title: "Probes of the first seed", Rows: rows,
			Head: []string{"requests per second", "holds", "attained", "fluid rate (tokens/s)", "P99 TBT (ms)", "median delay (ms)"}}},
	}
	chart := report.Chart{
		Name: "probes", Title: "The service level holds up to " + plusMinus(r.Rate) + " requests per second",
		X: report.Axis{Label: "requests per second"}, Y: report.Axis{Label: "requests that attain the fluidity threshold (%)"},
	}
	for _, s := range []report.Series{holds, fails} {
		if len(s.X) > 0 {
			chart.Series = append(chart.Series, s)
		}
	}
	a.Charts = append(a.Charts, chart)
	return a
}

// sizeAlbum draws the front of cost against fluidity.
func sizeAlbum(r *study.SizeResult) report.Album {
	a := report.Album{Title: "Cheapest cluster", Answer: r.Answer()}
	if len(r.Front) == 0 {
		return a
	}
	front := report.Series{Name: "none is both cheaper and faster", Mark: report.Line}
	var rows [][]string
	for _, z := range r.Front {
		front.Add(z.PricePerHour, z.TokenRate)
		rows = append(rows, []string{z.String(), figure4(z.PricePerHour), figure4(z.TokenRate), percent(z.Attainment)})
	}
	a.Charts = []report.Chart{{
		Name: "front", Title: "What a faster pace of reading costs",
		X: report.Axis{Label: "dollars per hour"}, Y: report.Axis{Label: "fluid token rate (tokens/s)"}, Series: []report.Series{front},
	}}
	a.Tables = []report.Table{{Title: "The front", Head: []string{"cluster", "$/hour", "fluid rate (tokens/s)", "attained"}, Rows: rows}}
	return a
}
