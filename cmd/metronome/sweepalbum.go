package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"metronome/report"
	"metronome/study"
)

// A swept figure, with what it is called, and its unit.
type swept struct{ key, words, unit string }

func (f swept) label() string {
	if f.unit == "" {
		return f.words
	}
	return f.words + " (" + f.unit + ")"
}

var (
	fluidRate  = swept{"fluidity.token_rate_per_s", "fluid token rate", "tokens/s"}
	outputRate = swept{"throughput.output_tokens_per_s", "output", "tokens/s"}
	price      = swept{"cost.per_hour", "cost", "$/hour"}
)

// headlines are the figures of a sweep that are drawn.
var headlines = []swept{
	{"fluidity.attainment", "fluid requests", "share"},
	fluidRate,
	{"latency.ttft_ms.p99", "P99 time to first token", "ms"},
	{"latency.tbt_ms.p99", "P99 time between tokens", "ms"},
	outputRate,
	{"energy.joules_per_output_token", "energy", "J/token"},
	{"cost.per_million_fluid_tokens", "cost of a million fluid tokens", ""},
}

// most that a page of a sweep draws.
const (
	mostFigures = 12
	mostLines   = 7
	mostCells   = 2500
)

// sweepAlbum lays out what a sweep found: a map of each figure over two axes, lines
// where the values are numbers, and which combinations none other beats.
func sweepAlbum(t *study.SweepTable) report.Album {
	a := report.Album{Title: "Sweep over " + t.Across, Answer: t.Ended.Answer()}
	if t.Down != "" {
		a.Title += " and " + t.Down
	}
	if len(t.Rows)*len(t.Columns) > mostCells {
		a.Assumptions = [][2]string{{"combinations", fmt.Sprintf("%d, which are too many to draw: results.csv has them", len(t.Rows)*len(t.Columns))}}
		return a
	}
	for _, f := range drawnFigures(t) {
		m := heatMap(t, f)
		if varies(m) && len(t.Rows) > 1 {
			a.Maps = append(a.Maps, m)
		}
		if t.Numbers != nil && len(t.Rows) <= mostLines && varies(m) {
			a.Charts = append(a.Charts, lines(t, f, m))
		}
	}
	if c, ok := frontOf(t); ok {
		a.Charts = append(a.Charts, c)
	}
	return a
}

// drawnFigures returns the headlines, and the other figures that the study named.
func drawnFigures(t *study.SweepTable) []swept {
	all := slices.Clone(headlines)
	for _, key := range t.Figures {
		if !slices.ContainsFunc(all, func(f swept) bool { return f.key == key }) && len(all) < mostFigures && t.Chosen {
			all = append(all, swept{key, key, ""})
		}
	}
	return all
}

func heatMap(t *study.SweepTable, f swept) report.HeatMap {
	m := report.HeatMap{Down: t.Down, Across: t.Across, Rows: t.Rows, Columns: t.Columns}
	for i := range t.Rows {
		row := make([]float64, len(t.Columns))
		for j := range row {
			v, ok := t.Figure(i, j, f.key)
			if row[j] = v; !ok {
				row[j] = math.NaN()
			}
		}
		m.Values = append(m.Values, row)
	}
	m.Title = finding(t, f, m)
	return m
}

// finding tells where a figure is the least and the most.
func finding(t *study.SweepTable, f swept, m report.HeatMap) string {
	least, most := math.Inf(1), math.Inf(-1)
	var where [2]string
	for i, row := range m.Values {
		for j, v := range row {
			if v < least {
				least, where[0] = v, combination(t, i, j)
			}
			if v > most {
				most, where[1] = v, combination(t, i, j)
			}
		}
	}
	return fmt.Sprintf("%s: from %s at %s to %s at %s", strings.ToUpper(f.label()[:1])+f.label()[1:], figure4(least), where[0], figure4(most), where[1])
}

// varies reports whether a map has different numbers.
func varies(m report.HeatMap) bool {
	least, most := math.Inf(1), math.Inf(-1)
	for _, row := range m.Values {
		for _, v := range row {
			if !math.IsNaN(v) {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	return most > least
}

// lines draws each row of a map as a line.
func lines(t *study.SweepTable, f swept, m report.HeatMap) report.Chart {
	c := report.Chart{Name: f.key, Title: m.Title, X: report.Axis{Label: t.Across}, Y: report.Axis{Label: f.label()}}
	for i, name := range t.Rows {
		s := report.Series{Name: name, Mark: report.Line}
		for j, v := range m.Values[i] {
			if !math.IsNaN(v) {
				s.Add(t.Numbers[j], v)
			}
		}
		if s.Name == "" {
			s.Name = f.words
		}
		if len(s.X) > 0 {
			c.Series = append(c.Series, s)
		}
	}
	return c
}

// frontOf draws which combinations no other beats: in cost and fluid token rate,
// or in output and fluid token rate where all cost the same.
func frontOf(t *study.SweepTable) (report.Chart, bool) {
	if !varies(heatMap(t, fluidRate)) {
		return report.Chart{}, false
	}
	if varies(heatMap(t, price)) {
		return paretoChart(t, price, -1, fluidRate), true
	}
	return paretoChart(t, outputRate, 1, fluidRate), varies(heatMap(t, outputRate))
}

// paretoChart draws two figures of each combination: of y the greater is better, of
// x too if the sign is 1, and the smaller if it is -1.
func paretoChart(t *study.SweepTable, x swept, sign float64, y swept) report.Chart {
	type point struct {
		x, y float64
		name string
	}
	var all []point
	for i := range t.Rows {
		for j := range t.Columns {
			px, known := t.Figure(i, j, x.key)
			py, too := t.Figure(i, j, y.key)
			if known && too {
				all = append(all, point{px, py, combination(t, i, j)})
			}
		}
	}
	front := report.Series{Name: "beaten by none", Mark: report.Points, Color: report.Color(0)}
	rest := report.Series{Name: "beaten in both", Mark: report.Points, Color: report.Color(6)}
	for _, p := range all {
		s := &front
		if slices.ContainsFunc(all, func(q point) bool {
			return sign*q.x >= sign*p.x && q.y >= p.y && (q.x != p.x || q.y != p.y)
		}) {
			s = &rest
		}
		s.Add(p.x, p.y)
		s.Labels = append(s.Labels, p.name)
	}
	c := report.Chart{
		Name: "front", Title: fmt.Sprintf("None beats %d of %d combinations in both %s and %s", len(front.X), len(all), x.words, y.words),
		X: report.Axis{Label: x.label()}, Y: report.Axis{Label: y.label()}, Series: []report.Series{front},
	}
	if len(rest.X) > 0 {
		c.Series = append(c.Series, rest)
	}
	return c
}

// combination names a cell of the table.
func combination(t *study.SweepTable, row, column int) string {
	text := t.Across + " " + t.Columns[column]
	if t.Down != "" {
		text += " with " + t.Rows[row]
	}
	return text
}

// sweepPage writes the page of a folder of results. A shard has none: merge draws all
// of them together.
func sweepPage(folder string) error {
	t, err := study.ReadSweepTable(folder)
	if t == nil || err != nil {
		return err
	}
	return writeAlbum(folder, sweepAlbum(t))
}
