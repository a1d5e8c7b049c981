package hardware

import "math/bits"

// A curve is a function of a count, tabulated at set-up and linear between its
// knots: every count up to 64, then 32 of each octave. It costs a load or two.
type curve struct {
	knots []float64
	last  int // the largest count tabulated; beyond it the last slope goes on
}

const (
	knotsPerOctave = 32
	exactKnots     = 2 * knotsPerOctave
)

// tabulate evaluates f at the knots up to most, from 0 on, and makes it non-decreasing.
func tabulate(most int, f func(n int) float64) curve {
	c := curve{}
	least := 0.0
	for i := 0; ; i++ {
		n := knot(i)
		least = max(least, f(n))
		c.knots = append(c.knots, least)
		c.last = n
		if n >= most && i > exactKnots {
			return c
		}
	}
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
func (c curve) at(n int) float64 {
	if n < exactKnots {
		return c.knots[n]
	}
	n0 := min(n, c.last-1)
	octave := bits.Len(uint(n0)) - bits.Len(knotsPerOctave)
	i := n0>>octave + octave*knotsPerOctave
	low := (n0 >> octave) << octave
	slope := (c.knots[i+1] - c.knots[i]) / float64(int(1)<<octave)
	return c.knots[i] + slope*float64(n-low)
}
