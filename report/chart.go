// Package report draws what metrics have measured: charts, the page of a run,
// its timeline and small pictures for a terminal.
package report

// A Chart is a picture that answers one question.
type Chart struct {
	Name  string `json:"name"`  // of its file, without extension
	Title string `json:"title"` // what it shows, in a sentence
	X     Axis   `json:"x"`
	Y     Axis   `json:"y"`

	// Categories name the positions 0, 1, … of the x axis, if it has no scale.
	Categories []string `json:"categories,omitempty"`

	Series []Series `json:"series"`
}

// An Axis is what one direction of a chart means.
type Axis struct {
	Label string `json:"label"` // with the unit
	Log   bool   `json:"log,omitempty"`
}

// A Series is one line, or one bar of each group. X and Y are equally long.
type Series struct {
	Name   string    `json:"name"`
	System string    `json:"-"` // what it measures: equal ones have equal colours in all charts; "" is the name
	Mark   Mark      `json:"mark"`
	X      []float64 `json:"x"`
	Y      []float64 `json:"y"`
	Labels []string  `json:"labels,omitempty"` // of the points, for who points at them in a browser; or none
	Color  string    `json:"color"`            // such as "#0072b2"; "" is chosen by the system
}

// A Mark is how a series is drawn.
type Mark string

// The marks.
const (
	Line   Mark = "line"
	Steps  Mark = "steps" // holds each value until the next
	Points Mark = "points"
	Bars   Mark = "bars" // one for each category
)

// Add appends a point.
func (s *Series) Add(x, y float64) {
	s.X = append(s.X, x)
	s.Y = append(s.Y, y)
}
