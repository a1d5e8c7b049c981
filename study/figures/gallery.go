package figures

import (
	"bytes"
	_ "embed"
	"html/template"
	"os"

	"metronome/report"
)

//go:embed gallery.html
var galleryText string

var gallery = template.Must(template.New("gallery").Funcs(template.FuncMap{
	"number":  Number,
	"picture": picture,
}).Parse(galleryText))

// writeGallery writes the page of all figures.
func writeGallery(file string, drawn []Drawn) error {
	held, claims := Tally(drawn)
	var b bytes.Buffer
	err := gallery.Execute(&b, map[string]any{"Figures": drawn, "Held": held, "Claims": claims})
	if err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}

// picture returns a chart as SVG that can stand in a page.
func picture(c report.Chart) (template.HTML, error) {
	var b bytes.Buffer
	err := c.Draw(&b, "svg")
	text := b.Bytes()
	return template.HTML(text[max(0, bytes.Index(text, []byte("<svg"))):]), err
}
