package report

import (
	"fmt"
	"image/color"
	"slices"
)

// palette is that of Okabe and Ito, which people with any colour vision can tell
// apart, without the yellow, and with the orange and the light blue darkened until
// they stand out against white by 3 to 1.
var palette = [...]string{"#0072b2", "#c98500", "#009e73", "#cc79a7", "#3a9ad4", "#d55e00", "#666666"}

// Color returns the colour of the i-th of several things that have none of their own.
func Color(i int) string { return palette[i%len(palette)] }

// systems have a colour of their own, by its place in the palette.
var systems = map[string]int{
	"vllm": 0, "vllm-v0": 0, "sarathi": 1, "orca": 2, "static": 3,
}

// Colors returns a colour for each of several systems. That of a known one, such as
// "sarathi", is the same everywhere; the others, and a known one that is there
// again, take in turn what is left. With more than seven, colours repeat.
func Colors(names []string) []string {
	at := make([]int, len(names))
	var taken []int
	for i, name := range names {
		own, known := systems[name]
		if at[i] = -1; known && !slices.Contains(taken, own) {
			at[i] = own
			taken = append(taken, own)
		}
	}
	colors := make([]string, len(names))
	next := 0
	for i := range names {
		if at[i] < 0 {
			for next < len(palette) && slices.Contains(taken, next) {
				next++
			}
			at[i] = next
			next++
		}
		colors[i] = palette[at[i]%len(palette)]
	}
	return colors
}

// paint chooses the colours of the series that have none.
func (c *Chart) paint() {
	var names []string
	for _, s := range c.Series {
		if s.Color == "" && !slices.Contains(names, s.system()) {
			names = append(names, s.system())
		}
	}
	colors := Colors(names)
	for i := range c.Series {
		if s := &c.Series[i]; s.Color == "" {
			s.Color = colors[slices.Index(names, s.system())]
		}
	}
}

func (s *Series) system() string {
	if s.System != "" {
		return s.System
	}
	return s.Name
}

// parseColor reads "#rrggbb".
func parseColor(text string) color.RGBA {
	c := color.RGBA{A: 255}
	if _, err := fmt.Sscanf(text, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
		panic(fmt.Sprintf("report: colour %q (must be like #0072b2)", text))
	}
	return c
}
