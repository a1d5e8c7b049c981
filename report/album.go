package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

// An Album is a page with charts, maps and tables of several runs: one
// self-contained file for a browser.
type Album struct {
	Title  string
	Answer string // the first sentence of the page
	Maps   []HeatMap
	Charts []Chart
	Tables []Table

	Assumptions [][2]string // what it rests on, name and text
	Files       []File
}

// A File is a text that a page shows when it is asked to, such as an experiment.
type File struct{ Name, Text string }

//go:embed album.html
var albumText string

//go:embed album.js
var albumScript string

var albumTemplate = template.Must(template.Must(parts.Clone()).New("album").Parse(albumText))

// Write writes the page. It fails if a chart cannot be drawn.
func (a Album) Write(w io.Writer) error {
	for _, c := range a.Charts {
		if err := c.check(); err != nil {
			return fmt.Errorf("report: chart %s: %w", c.Name, err)
		}
	}
	err := albumTemplate.Execute(w, map[string]any{
		"Album": a, "Style": template.CSS(pageStyle), "Data": prepared(a.Charts), "Script": template.JS(drawScript + albumScript),
	})
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}
