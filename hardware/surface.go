package hardware

import "math"

// A surface is a function of two sizes of at least 1, tabulated at set-up on four
// knots per octave and bilinear between them, so that products of the sizes are exact.
// It costs four loads.
type surface struct {
	values []float64
	width  int // knots along y
	height int // knots along x
}

const (
	surfaceBits = 2 // of the mantissa: four knots per octave
	bitsBelow   = 52 - surfaceBits
	firstKnot   = 1023 << surfaceBits
)

// tabulateSurface evaluates f at the knots up to (mostX, mostY), and lowers values to
// make it non-decreasing along both: a benchmark of many tiny prompts is slower than
// one of fewer long ones with as many tokens, which no iteration should pay for.
func tabulateSurface(mostX, mostY float64, f func(x, y float64) float64) surface {
	s := surface{height: knotsTo(mostX), width: knotsTo(mostY)}
	s.values = make([]float64, s.height*s.width)
	for i := s.height - 1; i >= 0; i-- {
		for j := s.width - 1; j >= 0; j-- {
			v := f(surfaceKnot(i), surfaceKnot(j))
			if i+1 < s.height {
				v = min(v, s.values[(i+1)*s.width+j])
			}
			if j+1 < s.width {
				v = min(v, s.values[i*s.width+j+1])
			}
			s.values[i*s.width+j] = v
		}
	}
	return s
}

func knotsTo(most float64) int { i, _ := split(most); return i + 2 }

// surfaceKnot returns the size of knot i.
func surfaceKnot(i int) float64 {
	return math.Float64frombits(uint64(i+firstKnot) << bitsBelow)
}

// split returns the knot at or below x and how far x is towards the next, 0 to 1.
func split(x float64) (int, float64) {
	b := math.Float64bits(max(x, 1))
	return int(b>>bitsBelow) - firstKnot, float64(b&(1<<bitsBelow-1)) * (1.0 / (1 << bitsBelow))
}

// A row is where a size along x lies: between the values of two knots, from their
// places on.
type row struct {
	low, high int
	part      float64 // of the way from low to high; beyond the knots more than 1
}

// row returns where x lies.
func (s *surface) row(x float64) row {
	i, f := split(x)
	if i > s.height-2 {
		i = s.height - 2
		f = (x - surfaceKnot(i)) / (surfaceKnot(i+1) - surfaceKnot(i))
	}
	return row{i * s.width, (i + 1) * s.width, f}
}

// at returns the value at (x, y), going on with the last slope beyond the knots.
func (s *surface) at(x, y float64) float64 { return s.along(s.row(x), y) }

// along returns the value at y of a row.
func (s *surface) along(r row, y float64) float64 {
	j, h := split(y)
	if j > s.width-2 {
		j = s.width - 2
		h = (y - surfaceKnot(j)) / (surfaceKnot(j+1) - surfaceKnot(j))
	}
	low := s.values[r.low+j:]
	high := s.values[r.high+j:]
	a := low[0] + h*(low[1]-low[0])
	b := high[0] + h*(high[1]-high[0])
	return a + r.part*(b-a)
}
