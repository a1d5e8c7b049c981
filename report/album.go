package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

// An Album is a page with charts and tables of several runs: one self-contained
// file, without script.
type Album struct {
	Title  string
	Answer string // the first sentence of the page
	Charts []Chart
	Tables []Table
}

// A Table has a head and rows of as many cells, of which the first is a name.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

//go:embed album.html
var albumText string

var albumTemplate = template.Must(template.New("album").Funcs(template.FuncMap{"picture": Inline}).Parse(albumText))

// Write writes the page. It fails if a chart cannot be drawn.
func (a Album) Write(w io.Writer) error {
	err := albumTemplate.Execute(w, map[string]any{"Album": a, "Style": template.CSS(pageStyle)})
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}

// Inline returns a chart as an SVG element that can stand in a page.
func Inline(c Chart) (template.HTML, error) {
	var b bytes.Buffer
	err := c.Draw(&b, "svg")
	text := b.Bytes()
	return template.HTML(text[max(0, bytes.Index(text, []byte("<svg"))):]), err
}
