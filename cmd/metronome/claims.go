package main

import (
	"fmt"
	"io"

	"metronome/study/figures"
)

// printFigures prints for each figure what it claims and whether that holds, and
// ends with the tally.
func printFigures(out io.Writer, drawn []figures.Drawn) {
	p := page{out: out}
	for _, d := range drawn {
		p.figure(d)
	}
	held, claims := figures.Tally(drawn)
	p.text("", fmt.Sprintf("%d of %d claims hold.", held, claims))
}

func (p page) figure(d figures.Drawn) {
	p.text("", fmt.Sprintf("%s: %s. %s.", d.Figure.Name, d.Figure.Title, d.Figure.Source))
	for _, c := range d.Result.Claims {
		verdict := "  PASS  "
		if !c.Holds() {
			verdict = "  FAIL  "
		}
		p.text(verdict, fmt.Sprintf("%s: %s, must be %s%s", c.Name, c.Measure(), c.Range(), beside(c.Value)))
		if !c.Holds() && c.Why != "" {
			p.text("        ", "known: "+c.Why)
		}
	}
	for _, v := range d.Result.Values {
		p.text("        ", v.Name+": "+v.Measure()+beside(v))
	}
	for _, deviation := range d.Figure.Deviations {
		p.text("  differs: ", deviation)
	}
	fmt.Fprintln(p.out)
}

// beside returns what the paper says, and how sure that is.
func beside(v figures.Value) string {
	if v.Trust == figures.None {
		return ""
	}
	return fmt.Sprintf(" (paper %s, %s)", figures.Number(v.Paper), v.Trust)
}
