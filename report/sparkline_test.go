package report

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSparklinesAreAsHighAsTheirValues(t *testing.T) {
	for _, c := range []struct {
		values []float64
		width  int
		want   string
	}{
		{[]float64{0, 1, 2, 4, 8}, 10, " ▁▂▄█"},
		{[]float64{0, 0, 8, 8}, 2, " █"},
		{[]float64{1e-9, 1}, 2, "▁█"},
		{[]float64{0, 0}, 5, "  "},
		{nil, 5, ""},
	} {
		if got := Sparkline(c.values, c.width); got != c.want {
			t.Errorf("%v in %d characters is %q (must be %q)", c.values, c.width, got, c.want)
		}
	}
}

func TestSparklinesFitTheirWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(0, 1e9)).Draw(t, "values")
		width := rapid.IntRange(0, 100).Draw(t, "width")
		if n := utf8.RuneCountInString(Sparkline(values, width)); n != min(len(values), width) {
			t.Errorf("%d characters (must be %d)", n, min(len(values), width))
		}
	})
}
