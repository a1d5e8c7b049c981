package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"metronome/metrics"
)

// A Page is the report of a run as one self-contained file for a browser.
type Page struct {
	Title       string
	Run         *Run
	Report      *metrics.Report
	Assumptions [][2]string // what the report rests on, name and text
	Experiment  string      // the effective experiment file
}

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed chart.js
var chartScript string

//go:embed page.js
var pageScript string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes the page.
func (p Page) Write(w io.Writer) error {
	err := pageTemplate.Execute(w, map[string]any{
		"Title": p.Title, "Answer": p.Report.Answer(), "Holds": p.Report.Holds(),
		"Style": template.CSS(pageStyle), "Script": template.JS(chartScript + pageScript),
		"Data": p.Run.data(p.Report), "Tiles": tiles(p.Report), "Groups": groups(p.Report), "Tenants": tenants(p.Report),
		"Warnings": p.Report.Warnings, "Assumptions": p.Assumptions, "Experiment": p.Experiment,
	})
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}

// A cell is a figure with its name.
type cell struct{ Name, Value string }

// tiles returns the figures that a page starts with, as far as they are known.
func tiles(m *metrics.Report) (cells []cell) {
	for _, t := range []struct{ name, key, unit string }{
		{"fluid token rate", "fluidity.token_rate_per_s", "tokens/s"},
		{"TTFT, P99", "latency.ttft_ms.p99", "ms"},
		{"TBT, P99", "latency.tbt_ms.p99", "ms"},
		{"throughput", "throughput.requests_per_s", "requests/s"},
		{"output", "throughput.output_tokens_per_s", "tokens/s"},
		{"longest stall", "fluidity.longest_stall_ms", "ms"},
		{"energy", "energy.joules_per_output_token", "J/token"},
		{"cost", "cost.per_million_output_tokens", "per 1M tokens"},
	} {
		if v, ok := m.Lookup(t.key); ok {
			cells = append(cells, cell{t.name, significantText(v) + " " + t.unit})
		}
	}
	return cells
}

// A group is a table of the report.
type group struct {
	Name  string
	Cells []cell
}

// groups returns all rows of the report but those of tenants, by group.
func groups(m *metrics.Report) (all []group) {
	for _, row := range m.Rows {
		if row.Group == "tenants" || row.Group == "" {
			continue
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.Name == row.Group })
		if i < 0 {
			i = len(all)
			all = append(all, group{Name: row.Group})
		}
		all[i].Cells = append(all[i].Cells, cell{strings.TrimPrefix(row.Key(), row.Group+"."), valueText(row)})
	}
	return all
}

func valueText(row metrics.Row) string {
	if v, ok := row.Number(); ok {
		if n, whole := row.Value.(int64); whole {
			return fmt.Sprint(n)
		}
		return significantText(v)
	}
	switch v := row.Value.(type) {
	case string, bool:
		return fmt.Sprint(v)
	}
	return "–"
}

// A table has a row for each name, with the same columns.
type table struct {
	Columns []string
	Rows    []tableRow
}

type tableRow struct {
	Name  string
	Cells []string
}

// tenants returns the table of tenants, nil if there is but one.
func tenants(m *metrics.Report) *table {
	t := new(table)
	for _, row := range m.Rows {
		if row.Group != "tenants" {
			continue
		}
		if n := len(t.Rows); n == 0 || t.Rows[n-1].Name != row.Name {
			t.Rows = append(t.Rows, tableRow{Name: row.Name})
		}
		if len(t.Rows) == 1 {
			t.Columns = append(t.Columns, row.Stat)
		}
		last := &t.Rows[len(t.Rows)-1]
		last.Cells = append(last.Cells, valueText(row))
	}
	if t.Rows == nil {
		return nil
	}
	return t
}
