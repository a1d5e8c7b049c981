package figures

import (
	"bytes"
	_ "embed"
	"html/template"

	"metronome/report"
	"metronome/study"
)

//go:embed gallery.html
var galleryText string

var gallery = template.Must(template.New("gallery").Funcs(template.FuncMap{
	"number":  Number,
	"picture": report.Inline,
}).Parse(galleryText))

// writeGallery writes the page of all figures to a folder.
func writeGallery(folder string, drawn []Drawn) error {
	held, claims := Tally(drawn)
	var b bytes.Buffer
	err := gallery.Execute(&b, map[string]any{"Figures": drawn, "Held": held, "Claims": claims})
	if err != nil {
		return err
	}
	return study.WriteFile(folder, "index.html", b.Bytes())
}
