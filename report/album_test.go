package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// family is an album with one of everything.
func family() Album {
	return Album{
		Title: "Two <runs>", Answer: "One is better.",
		Maps: []HeatMap{{Title: "attainment", Down: "policy", Across: "rate", Rows: []string{"vllm", "sarathi"}, Columns: []string{"1", "2"},
			Values: [][]float64{{0.99, 0.5}, {1, math.NaN()}}}},
		Charts: []Chart{rising(), {
			Name: "differences", Title: "Bars differ", X: Axis{Label: "figure"}, Y: Axis{Label: "difference (%)"}, Categories: []string{"TTFT", "TBT"},
			Series: []Series{{Name: "b", Mark: Bars, X: []float64{0, 1}, Y: []float64{-20, 35}}},
		}, {
			Name: "front", Title: "Points have names", X: Axis{Label: "cost"}, Y: Axis{Label: "rate"},
			Series: []Series{{Name: "best", Mark: Points, X: []float64{2}, Y: []float64{3}, Labels: []string{"8 GPUs"}}},
		}, {
			Name: "wide", Title: "Marks of an axis are long", X: Axis{Label: "size"}, Y: Axis{Label: "share of all that there is", Log: true},
			Series: []Series{{Name: "tail", Mark: Line, X: []float64{1, 2, 3}, Y: []float64{0.000001, 0.00003, 0.0001}}},
		}},
		Tables:      []Table{{Title: "Figures", Head: []string{"figure", "A"}, Rows: [][]string{{"TTFT & co", "5"}}}},
		Assumptions: [][2]string{{"seeds", "5"}}, Files: []File{{"a.toml", "seed = 1"}},
	}
}

func TestAlbumsComeWithAllTheyNeed(t *testing.T) {
	var b bytes.Buffer
	if err := family().Write(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"Two &lt;runs&gt;", "One is better.", "A sample rises", "TTFT &amp; co", "seed = 1", "sarathi", "--heat:60%"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, foreign := range []string{"src=", "rel=\"stylesheet", "@import", "<?xml"} {
		if strings.Contains(text, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
}

func TestAlbumsTellOfChartsThatCannotBeDrawn(t *testing.T) {
	zero, none := rising(), rising()
	zero.X.Log, zero.Series[0].X[0] = true, 0
	none.Series[0].Y[1] = math.NaN()
	for want, c := range map[string]Chart{"logarithmic": zero, "finite": none} {
		if err := (Album{Charts: []Chart{c}}).Write(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v (must tell of %q)", err, want)
		}
	}
}

// The greatest number of a map is the darkest, the least has no colour, and what is
// between is in proportion.
func TestHeatIsInProportion(t *testing.T) {
	m := HeatMap{Rows: []string{"a"}, Columns: []string{"1", "2", "3", "4"}, Values: [][]float64{{5, 10, math.NaN(), 15}}}
	got := m.Lines()[0].Cells
	want := []heat{{"5", 0}, {"10", darkest / 2}, {missing, 0}, {"15", darkest}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("cell %d is %+v (must be %+v)", i, got[i], want[i])
		}
	}
}

func TestOverlaysHaveASeriesForEachRun(t *testing.T) {
	a, _ := made(100)
	b, _ := made(200)
	charts := Overlay([]string{"a", "b"}, []*Run{a, b})
	if len(charts) != len(a.Charts()) {
		t.Fatalf("%d charts (must be %d)", len(charts), len(a.Charts()))
	}
	for _, c := range charts {
		if len(c.Series) != 2 || c.Series[0].Name != "a" || c.Series[1].Name != "b" || c.Title == "" {
			t.Errorf("the chart %q, titled %q, has the series %+v", c.Name, c.Title, c.Series)
		}
		if err := c.Draw(new(bytes.Buffer), "svg"); err != nil {
			t.Error(err)
		}
	}
	if c := Overlay([]string{"a", "b"}, []*Run{a, NewRun(Options{})}); len(c) != 0 {
		t.Errorf("%d charts with a run that has none (must be none)", len(c))
	}
}

func TestThePageOfAnAlbumTellsItsValues(t *testing.T) {
	b := openBrowser(t)
	file := filepath.Join(t.TempDir(), "report.html")
	var page bytes.Buffer
	if err := family().Write(&page); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, page.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	b.open(file)
	b.textsApart()
	if n := b.eval(`document.querySelectorAll("#charts > .chart > svg").length`); n != "4" {
		t.Errorf("%s charts (must be 4)", n)
	}
	key := func(chart, key string) string {
		return b.eval(`(() => { const place = document.getElementById("chart-` + chart + `");
			place.querySelector(":scope > svg").dispatchEvent(new KeyboardEvent("keydown", {key: "` + key + `"}));
			return place.querySelector(".tip").textContent; })()`)
	}
	for chart, want := range map[string]string{"sample": "other: 1\nvLLM: 2", "differences": "TTFT\nb: -20", "front": "8 GPUs\ncost: 2\nrate: 3"} {
		if tip := key(chart, "ArrowRight"); !strings.Contains(tip, want) {
			t.Errorf("a key in the chart %s shows %q (must have %q)", chart, tip, want)
		}
	}
	point := `(() => { const dot = document.querySelector("#chart-front > svg circle").getBoundingClientRect();
		document.querySelector("#chart-front > svg").dispatchEvent(new PointerEvent("pointermove", {clientX: dot.left + 5, clientY: dot.top + 5}));
		return document.querySelector("#chart-front .tip").textContent; })()`
	if tip := b.eval(point); !strings.Contains(tip, "8 GPUs") {
		t.Errorf("pointing at a dot shows %q", tip)
	}
	if heat := b.eval(`getComputedStyle(document.querySelectorAll(".map td")[2]).backgroundColor`); heat == b.eval(`getComputedStyle(document.querySelectorAll(".map td")[1]).backgroundColor`) {
		t.Errorf("the greatest and the least number of a map are both %s", heat)
	}
	b.fitsPhone()
	if n := b.screenshot("album"); n < 5 {
		t.Errorf("the screenshot has %d colours", n)
	}
	if all := b.complaints(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
}
