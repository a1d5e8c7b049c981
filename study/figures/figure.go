// Package figures reproduces figures of papers on serving: it runs their setups
// as experiments, lays our values beside the published ones, and checks what the
// figures claim.
//
// There are only a few types: a Figure is registered and draws a Result, which
// has Claims that hold or not, Values to compare, and charts.
package figures

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"metronome/report"
)

// A Figure is a published figure that can be reproduced.
type Figure struct {
	Name   string // such as "R6"
	Title  string // what it shows, in a line
	Source string // paper and figure

	// Deviations tell where the setup is not that of the paper, a sentence each.
	Deviations []string

	// Draw runs the experiments. The claims of its result may fail, which is no error.
	Draw func(context.Context, Lab) (*Result, error)
}

// A Result is what became of a figure.
type Result struct {
	Claims []Claim
	Values []Value // that nothing is claimed of
	Charts []report.Chart
}

// A Trust tells how sure a published value is.
type Trust string

// The degrees of trust.
const (
	Text      Trust = "text"      // printed in the paper
	Artifact  Trust = "artifact"  // measured by its authors and published beside it
	Digitised Trust = "digitised" // read off a chart, within about 7 %
	Estimated Trust = "estimated" // by eye: 3 % on linear axes, 10 % on logarithmic ones
	None      Trust = ""          // nothing is published
)

// A Value is a figure of ours beside the published one.
type Value struct {
	Name  string
	Unit  string
	Ours  float64
	Paper float64 // if there is trust in one
	Trust Trust
}

// A Claim is a statement of the paper that our value agrees with or not.
type Claim struct {
	Value
	Least, Most float64 // what our value must lie between; infinite where it is open
	Why         string  // why the claim fails, where that is understood
}

// Holds reports whether our value is in the range.
func (c Claim) Holds() bool { return c.Least <= c.Ours && c.Ours <= c.Most }

var registry []Figure

// Register adds a figure. It panics if the name is taken.
func Register(f Figure) {
	at, taken := slices.BinarySearchFunc(registry, f, byNumber)
	if taken {
		panic(fmt.Sprintf("figures: %q is registered twice", f.Name))
	}
	registry = slices.Insert(registry, at, f)
}

// byNumber orders R2 before R10.
func byNumber(a, b Figure) int {
	return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), strings.Compare(a.Name, b.Name))
}

// All returns the registered figures in order.
func All() []Figure { return slices.Clone(registry) }

// Lookup returns the figure of a name, in whatever case.
func Lookup(name string) (Figure, error) {
	var names []string
	for _, f := range registry {
		if strings.EqualFold(f.Name, name) {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Figure{}, fmt.Errorf("figure: unknown figure %q (have %s)", name, strings.Join(names, ", "))
}

// Number writes a value with three significant digits, or all of a whole number.
func Number(v float64) string {
	if v == float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
