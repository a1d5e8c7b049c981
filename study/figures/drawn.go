package figures

import (
	"bytes"
	"encoding/json"

	"metronome/report"
	"metronome/study"
)

// Drawn is a figure with what became of it.
type Drawn struct {
	Figure Figure
	Result *Result
}

// Tally counts the claims that hold, and all.
func Tally(drawn []Drawn) (held, claims int) {
	for _, d := range drawn {
		for _, c := range d.Result.Claims {
			claims++
			if c.Holds() {
				held++
			}
		}
	}
	return held, claims
}

// Measure writes our value with its unit.
func (v Value) Measure() string {
	if v.Unit == "" {
		return Number(v.Ours)
	}
	return Number(v.Ours) + " " + v.Unit
}

type jsonFigure struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Source     string      `json:"source"`
	Claims     []jsonClaim `json:"claims"`
	Values     []jsonValue `json:"values"`
	Deviations []string    `json:"deviations"`
}

type jsonClaim struct {
	Claim string   `json:"claim"`
	Must  string   `json:"must"`
	Pass  bool     `json:"pass"`
	Ours  float64  `json:"ours"`
	Paper *float64 `json:"paper"` // null where nothing is published
	Unit  string   `json:"unit,omitempty"`
	Trust Trust    `json:"trust,omitempty"`
	Why   string   `json:"why,omitempty"` // it fails
}

type jsonValue struct {
	Value string   `json:"value"`
	Ours  float64  `json:"ours"`
	Paper *float64 `json:"paper"`
	Unit  string   `json:"unit,omitempty"`
	Trust Trust    `json:"trust,omitempty"`
}

// JSON returns the figures as one JSON object.
func JSON(drawn []Drawn) []byte {
	all := []jsonFigure{}
	for _, d := range drawn {
		all = append(all, d.json())
	}
	text, err := json.MarshalIndent(map[string]any{"figures": all}, "", "  ")
	if err != nil {
		panic(err) // a value is not finite
	}
	return append(text, '\n')
}

func (d Drawn) json() jsonFigure {
	f := jsonFigure{Name: d.Figure.Name, Title: d.Figure.Title, Source: d.Figure.Source, Deviations: d.Figure.Deviations}
	for _, c := range d.Result.Claims {
		x := jsonClaim{Claim: c.Name, Must: c.Range(), Pass: c.Holds(), Ours: c.Ours, Paper: c.published(), Unit: c.Unit, Trust: c.Trust}
		if !c.Holds() {
			x.Why = c.Why
		}
		f.Claims = append(f.Claims, x)
	}
	f.Values = []jsonValue{}
	for _, v := range d.Result.Values {
		f.Values = append(f.Values, jsonValue{v.Name, v.Ours, v.published(), v.Unit, v.Trust})
	}
	return f
}

func (v Value) published() *float64 {
	if v.Trust == None {
		return nil
	}
	return &v.Paper
}

// Write writes the pictures of the figures in every format, and a page with all
// of them, to a folder.
func Write(folder string, drawn []Drawn) error {
	for _, d := range drawn {
		for _, c := range d.Result.Charts {
			for _, format := range report.Formats {
				var b bytes.Buffer
				if err := c.Draw(&b, format); err != nil {
					return err
				}
				if err := study.WriteFile(folder, d.Figure.Name+"-"+c.Name+"."+format, b.Bytes()); err != nil {
					return err
				}
			}
		}
	}
	return writeGallery(folder, drawn)
}
