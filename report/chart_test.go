package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func rising() Chart {
	return Chart{
		Name: "sample", Title: "A sample rises", X: Axis{Label: "x (s)"}, Y: Axis{Label: "y (ms)"},
		Series: []Series{
			{Name: "other", Mark: Line, X: []float64{1, 2, 3}, Y: []float64{1, 4, 9}},
			{Name: "vLLM", System: "vllm", Mark: Steps, X: []float64{1, 2, 3}, Y: []float64{2, 3, 5}},
		},
	}
}

func TestChartsAreDrawnInEveryFormat(t *testing.T) {
	magic := map[string]string{"svg": "<?xml", "png": "\x89PNG", "pdf": "%PDF"}
	for _, format := range Formats {
		var b bytes.Buffer
		if err := rising().Draw(&b, format); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), magic[format]) {
			t.Errorf("%s starts with %q", format, b.String()[:8])
		}
	}
}

func TestPicturesSayWhatTheyShow(t *testing.T) {
	var b bytes.Buffer
	if err := rising().Draw(&b, "svg"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"A sample rises", "x (s)", "y (ms)", "other", "vLLM"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("the picture lacks %q", text)
		}
	}
	d := xml.NewDecoder(&b)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestASystemHasOneColourInAllCharts(t *testing.T) {
	one, other := rising(), rising()
	other.Series[0], other.Series[1] = other.Series[1], other.Series[0]
	other.Series = append(other.Series, Series{Name: "third"}, Series{Name: "sarathi"})
	one.paint()
	other.paint()
	if a, b := one.Series[1].Color, other.Series[0].Color; a != b {
		t.Errorf("vLLM is %s and %s", a, b)
	}
	seen := map[string]string{}
	for _, s := range other.Series {
		if before, ok := seen[s.Color]; ok {
			t.Errorf("%s and %s are both %s", before, s.Name, s.Color)
		}
		seen[s.Color] = s.Name
	}
}

// Lines and bars stand out against the paper by 3 to 1, as WCAG 2 asks of graphics.
func TestColoursStandOutAgainstWhite(t *testing.T) {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	for _, name := range palette {
		c := parseColor(name)
		luminance := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
		if contrast := 1.05 / (luminance + 0.05); contrast < 3 {
			t.Errorf("%s stands out by %.2f to 1 (must be 3 or more)", name, contrast)
		}
	}
}

func TestChartsThatCannotBeDrawnAreRefused(t *testing.T) {
	for name, break_ := range map[string]func(*Chart){
		"zero on a logarithmic axis": func(c *Chart) { c.Y.Log = true; c.Series[0].Y[1] = 0 },
		"bars on a logarithmic axis": func(c *Chart) { c.Y.Log = true; c.Series[0].Mark = Bars },
		"a value is missing":         func(c *Chart) { c.Series[0].Y = c.Series[0].Y[:2] },
	} {
		c := rising()
		break_(&c)
		if err := c.Draw(io.Discard, "png"); err == nil || !strings.Contains(err.Error(), "must") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
