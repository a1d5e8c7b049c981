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
	Experiment  string      // the effective experiment file; "" if there is none
}

//go:embed page.html
var pageText string

//go:embed page.js
var pageScript string

var pageTemplate = template.Must(template.Must(parts.Clone()).New("page").Parse(pageText))

// Write writes the page.
func (p Page) Write(w io.Writer) error {
	err := pageTemplate.Execute(w, map[string]any{
		"Title": p.Title, "Answer": p.Report.Answer(), "Holds": p.Report.Holds(),
		"Style": template.CSS(pageStyle), "Script": template.JS(drawScript + pageScript),
		"Data": p.Run.data(p.Report), "Tiles": tiles(p.Report), "Groups": groups(p.Report), "Tables": tables(p.Report),
		"Warnings": p.Report.Warnings, "Rests": Album{Assumptions: p.Assumptions, Files: p.files()},
	})
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}

func (p Page) files() []File {
	if p.Experiment == "" {
		return nil
	}
	return []File{{"The experiment file", p.Experiment}}
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
		{"cost", "cost.per_million_output_tokens", "$ per 1M tokens"},
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

// groups returns all rows of the report but those of named things, by group.
func groups(m *metrics.Report) (all []group) {
	for _, row := range m.Rows {
		if labels(row) || row.Group == "" {
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
