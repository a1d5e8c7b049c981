package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestAlbumsComeWithAllTheyNeed(t *testing.T) {
	a := Album{
		Title: "Two <runs>", Answer: "One is better.", Charts: []Chart{rising()},
		Tables: []Table{{Title: "Figures", Head: []string{"figure", "A"}, Rows: [][]string{{"TTFT & co", "5"}}}},
	}
	var b bytes.Buffer
	if err := a.Write(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"Two &lt;runs&gt;", "One is better.", "<svg", "A sample rises", "TTFT &amp; co"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, foreign := range []string{"<script", "<link rel=\"stylesheet", "@import", "<?xml"} {
		if strings.Contains(text, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
}

func TestAlbumsTellOfChartsThatCannotBeDrawn(t *testing.T) {
	c := rising()
	c.X.Log, c.Series[0].X[0] = true, 0
	if err := (Album{Charts: []Chart{c}}).Write(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "logarithmic") {
		t.Errorf("error %v", err)
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
