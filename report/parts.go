package report

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed page.css
var pageStyle string

//go:embed chart.js
var chartScript string

//go:embed bars.js
var barsScript string

//go:embed hover.js
var hoverScript string

//go:embed drawn.js
var drawnScript string

// drawScript draws charts in a browser.
var drawScript = chartScript + barsScript + hoverScript + drawnScript

//go:embed parts.html
var partsText string

// parts are the pieces of pages.
var parts = template.Must(template.New("parts").Parse(partsText))

// prepared returns charts as the script draws them: with colours, and no more
// digits than are seen.
func prepared(charts []Chart) []Chart {
	all := []Chart{}
	for _, c := range charts {
		c.Series = append([]Series(nil), c.Series...)
		c.paint()
		for i := range c.Series {
			s := &c.Series[i]
			s.X, s.Y = rounded(s.X), rounded(s.Y)
		}
		all = append(all, c)
	}
	return all
}

// Inline returns a chart as an SVG element that can stand in a page.
func Inline(c Chart) (template.HTML, error) {
	var b bytes.Buffer
	err := c.Draw(&b, "svg")
	text := b.Bytes()
	return template.HTML(text[max(0, bytes.Index(text, []byte("<svg"))):]), err
}
