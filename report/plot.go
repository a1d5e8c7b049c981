package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Formats are the picture formats that Draw knows.
var Formats = []string{"svg", "png", "pdf"}

const (
	pictureWidth  = 18 * vg.Centimeter
	pictureHeight = 11 * vg.Centimeter
)

// Draw writes the chart as a picture in one of Formats. It fails if the chart
// cannot be drawn, such as a value of 0 on a logarithmic axis.
func (c Chart) Draw(w io.Writer, format string) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	c.paint()
	p, err := c.plot()
	if err != nil {
		return fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	picture, err := draw.NewFormattedCanvas(pictureWidth, pictureHeight, format)
	if err != nil {
		return fmt.Errorf("report: chart %s: %w", c.Name, err)
	}
	const margin = 8
	p.Draw(draw.Crop(draw.New(picture), margin, -2*margin, margin, -margin))
	_, err = picture.WriteTo(w)
	return err
}

func (c Chart) plot() (*plot.Plot, error) {
	p := plot.New()
	sans(&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle)
	p.Title.Text = wrap(c.Title, 78)
	p.Title.TextStyle.Font.Size = 12
	p.Title.Padding = vg.Points(8)
	p.X.Label.Text, p.Y.Label.Text = c.X.Label, c.Y.Label
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(2)
	p.Legend.XOffs = -vg.Points(4)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = parseColor("#dddddd"), parseColor("#dddddd")
	p.Add(grid)
	if err := c.addSeries(p); err != nil {
		return nil, err
	}
	if len(c.Series) == 1 {
		p.Legend = plot.NewLegend()
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = c.X.ticks(), c.Y.ticks()
	if n := len(c.Categories); n > 0 {
		p.NominalX(c.Categories...)
		p.X.Min, p.X.Max = -0.5, float64(n)-0.5
		p.X.Padding = 0
		p.X.Tick.Length = vg.Points(4) // of no width: the space above the names
	}
	if !c.Y.Log {
		p.Y.Min = min(p.Y.Min, 0)
	}
	p.Y.Max = c.headroom(p.Y)
	return p, nil
}

// sans takes the serifs off, which are hard to read when small.
func sans(styles ...*text.Style) {
	for _, s := range styles {
		s.Font.Variant = "Sans"
	}
}

// headroom returns where the y axis ends so that the legend, if there is one, hides
// nothing: a line of it takes 6 % of the height, and the space below it 3 %.
func (c Chart) headroom(y plot.Axis) float64 {
	share := 0.03
	if n := len(c.Series); n > 1 {
		legend := 0.03 + 0.06*float64(min(n, 10))
		share = legend / (1 - legend)
	}
	return y.Max + share*(y.Max-y.Min)
}

// ticks returns what marks an axis. A logarithmic one is a linear one of logarithms:
// the plotter would leave the space for its label in the wrong place.
func (a Axis) ticks() plot.Ticker {
	if a.Log {
		return logTicks{}
	}
	return linearTicks{}
}

// at returns where a value is on the axis.
func (a Axis) at(v float64) float64 {
	if a.Log {
		return math.Log10(v)
	}
	return v
}

func (c Chart) addSeries(p *plot.Plot) error {
	bars := 0
	for _, s := range c.Series {
		if s.Mark == Bars {
			bars++
		}
	}
	bar := 0
	for i, s := range c.Series {
		var err error
		if s.Mark == Bars {
			err = addBars(p, s, bar, bars)
			bar++
		} else {
			err = c.addLine(p, s, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// check reports what of the chart cannot be drawn.
func (c Chart) check() error {
	for _, s := range c.Series {
		if len(s.X) != len(s.Y) {
			return fmt.Errorf("series %q has %d and %d values (must be as many)", s.Name, len(s.X), len(s.Y))
		}
		if err := c.checkPoints(s); err != nil {
			return err
		}
	}
	return nil
}

func (c Chart) checkPoints(s Series) error {
	for i := range s.X {
		if sum := s.X[i] + s.Y[i]; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("series %q has the point (%v, %v) (must be finite)", s.Name, s.X[i], s.Y[i])
		}
		if s.Mark == Bars && c.Y.Log {
			return fmt.Errorf("series %q has bars on a logarithmic axis (must be linear, since they start at 0)", s.Name)
		}
		if c.X.Log && !(s.X[i] > 0) || c.Y.Log && !(s.Y[i] > 0) {
			return fmt.Errorf("series %q has the point (%v, %v) on a logarithmic axis (must be above 0)", s.Name, s.X[i], s.Y[i])
		}
	}
	return nil
}

func addBars(p *plot.Plot, s Series, i, n int) error {
	width := pictureWidth * 0.6 / vg.Length(max(len(s.Y), 1)*n)
	b, err := plotter.NewBarChart(plotter.Values(s.Y), min(width, vg.Points(28)))
	if err != nil {
		return err
	}
	b.Color, b.LineStyle.Width = parseColor(s.Color), 0
	b.Offset = b.Width * vg.Length(float64(i)-float64(n-1)/2)
	p.Add(b)
	p.Legend.Add(s.Name, b)
	return nil
}

// dashes tell lines apart without colour.
var dashes = [][]vg.Length{
	nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)},
	{vg.Points(8), vg.Points(3), vg.Points(2), vg.Points(3)}, {vg.Points(12), vg.Points(2)},
}

// glyphs tell points apart without colour.
var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.TriangleGlyph{}, draw.SquareGlyph{}, draw.RingGlyph{}}

// fewPoints is the most points of a line that are marked.
const fewPoints = 16

func (c Chart) addLine(p *plot.Plot, s Series, i int) error {
	points := make(plotter.XYs, len(s.X))
	for i := range s.X {
		points[i].X, points[i].Y = c.X.at(s.X[i]), c.Y.at(s.Y[i])
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return fmt.Errorf("series %q: %w", s.Name, err)
	}
	line.Color, line.Width, line.Dashes = parseColor(s.Color), vg.Points(1.8), dashes[i%len(dashes)]
	dots.Color, dots.Shape, dots.Radius = line.Color, glyphs[i%len(glyphs)], vg.Points(3)
	if s.Mark == Steps {
		line.StepStyle = plotter.PostStep
	}
	thumbs := []plot.Thumbnailer{line, dots}
	switch {
	case s.Mark == Points:
		thumbs = thumbs[1:]
		p.Add(dots)
	case s.Mark == Line && len(points) <= fewPoints:
		p.Add(line, dots)
	default:
		thumbs = thumbs[:1]
		p.Add(line)
	}
	p.Legend.Add(s.Name, thumbs...)
	return nil
}

// wrap breaks a text into lines of at most so many characters.
func wrap(text string, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}
