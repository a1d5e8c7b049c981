package report

import (
	"fmt"
	"image/color"
	"slices"
)

// palette is that of Okabe and Ito, which people with any colour vision can tell
// apart, without the yellow, which is pale on white.
var palette = [...]string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#666666"}

// Color returns the colour of the i-th of several things that have none of their own.
func Color(i int) string { return palette[i%len(palette)] }

// systems have a colour of their own; the rest take what is left, in order.
var systems = map[string]int{
	"vllm": 0, "vllm-v0": 0, "sarathi": 1, "orca": 2, "static": 3,
}

// paint chooses the colours of the series that have none.
func (c *Chart) paint() {
	var taken []int
	for _, s := range c.Series {
		if i, ok := systems[s.system()]; ok {
			taken = append(taken, i)
		}
	}
	others := map[string]int{}
	next := 0
	for i := range c.Series {
		s := &c.Series[i]
		if s.Color != "" {
			continue
		}
		at, ok := systems[s.system()]
		if !ok {
			at, ok = others[s.system()]
		}
		for !ok && slices.Contains(taken, next%len(palette)) && next < len(palette) {
			next++
		}
		if !ok {
			at = next % len(palette)
			others[s.system()] = at
			next++
		}
		s.Color = palette[at]
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
