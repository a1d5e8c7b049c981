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
	"picture": report.Inline,
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
