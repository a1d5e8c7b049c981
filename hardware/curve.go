package hardware

import "math/bits"

// A curve is a function of a count, tabulated at set-up and linear between its
// knots: every count up to 64, then 32 of each octave. It costs a load or two.
type curve struct {
	knots []curveKnot
	last  int // the largest count tabulated; beyond it the last slope goes on
}

// A curveKnot is a value, and what it rises by for each count up to the next knot.
type curveKnot struct{ value, slope float64 }

const (
	knotsPerOctave = 32
	exactKnots     = 2 * knotsPerOctave
)

// tabulate evaluates f at the knots up to most, from 0 on, and makes it non-decreasing.
func tabulate(most int, f func(n int) float64) curve {
	c := curve{}
	least := 0.0
	for i := 0; c.last < most || i <= exactKnots+1; i++ {
		n := knot(i)
		least = max(least, f(n))
		if i > 0 {
			before := &c.knots[i-1]
			before.slope = (least - before.value) / float64(n-c.last)
		}
		c.knots = append(c.knots, curveKnot{value: least})
		c.last = n
	}
	return c
}

// knot returns the count of knot i.
func knot(i int) int {
	if i < exactKnots {
		return i
	}
	octave := i/knotsPerOctave - 1
	return (i%knotsPerOctave + knotsPerOctave) << octave
}

// at returns the value at n, which must not be negative.
func (c *curve) at(n int) float64 {
	if n < exactKnots {
		return c.knots[n].value
	}
	n0 := min(n, c.last-1)
	octave := bits.Len(uint(n0)) - bits.Len(knotsPerOctave)
	k := &c.knots[n0>>octave+octave*knotsPerOctave]
	return k.value + k.slope*float64(n-(n0>>octave)<<octave)
}
