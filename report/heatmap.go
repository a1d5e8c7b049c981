package report

import "math"

// A HeatMap is a table of numbers whose cells are the darker the greater they are.
type HeatMap struct {
	Title         string
	Down, Across  string // what rows and columns are
	Rows, Columns []string
	Values        [][]float64 // by row and column; NaN where there is none
}

// A heatLine is a row of the map as a page shows it.
type heatLine struct {
	Name  string
	Cells []heat
}

// A heat is a cell: its number, and how dark it is in percent.
type heat struct {
	Text string
	Heat int
}

// Lines returns the rows as the page shows them.
func (m HeatMap) Lines() (lines []heatLine) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, row := range m.Values {
		for _, v := range row {
			if !math.IsNaN(v) {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	for i, row := range m.Values {
		l := heatLine{Name: m.Rows[i]}
		for _, v := range row {
			l.Cells = append(l.Cells, heatOf(v, least, most))
		}
		lines = append(lines, l)
	}
	return lines
}

// darkest is the share of the colour behind the greatest number, in percent, which
// leaves text readable.
const darkest = 60

func heatOf(v, least, most float64) heat {
	switch {
	case math.IsNaN(v):
		return heat{Text: missing}
	case most == least:
		return heat{significantText(v), 0}
	}
	return heat{significantText(v), int(math.Round(darkest * (v - least) / (most - least)))}
}
