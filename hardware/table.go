package hardware

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Table holds the measured latencies of one kernel family in a few kilobytes.
// A latency is the kernel's bound (see Bound) plus a floor, times a ratio. The
// logarithms of the ratios form a matrix, kernels by sizes, of low rank: the
// ratio of row r and column c is math.Exp(Σ r_i·c_i).
type Table struct {
	FloorMicros float64 `toml:"floor_us"` // of a kernel that does nothing
	// Rows and Columns hold keys, then factors in thousandths. What the keys are,
	// the family says.
	Rows    Lines `toml:"rows"`
	Columns Lines `toml:"columns"`

	Fit Residuals `toml:"fit"`
}

// Lines are whole numbers, written a line each.
type Lines [][]int

// UnmarshalText reads lines of numbers with spaces between them.
func (l *Lines) UnmarshalText(text []byte) error {
	for line := range strings.Lines(string(text)) {
		var numbers []int
		for word := range strings.FieldsSeq(line) {
			n, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("%q in a line of whole numbers", word)
			}
			numbers = append(numbers, n)
		}
		if len(numbers) > 0 {
			*l = append(*l, numbers)
		}
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (l Lines) MarshalText() ([]byte, error) {
	var b []byte
	for _, line := range l {
		for i, n := range line {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = append(b, '\n')
	}
	return b, nil
}

// Residuals tell how well a table fits the points it was fitted from, as
// relative errors. Held-back points took no part in the fit that they judge.
type Residuals struct {
	Points      int     `toml:"points"`       // used
	CacheHits   int     `toml:"cache_hits"`   // left out: faster than memory, operands fit the L2 cache
	Median      float64 `toml:"median"`       // of the held-back points
	P90         float64 `toml:"p90"`          // of the held-back points
	ShapeMedian float64 `toml:"shape_median"` // of kernels of which every point was held back
	ShapeP90    float64 `toml:"shape_p90"`    // of the same
}

const milli = 1e-3

// nearRows is the number of measured kernels that one without a row borrows from.
const nearRows = 4

// A neighbour is a row of a table, seen from some keys.
type neighbour struct {
	factors  []int
	distance float64 // squared, in logarithms
}

// nearest returns the rows that are nearest to the keys, in order, or the only row
// that has them.
func (t *Table) nearest(keys []float64) []neighbour {
	all := make([]neighbour, len(t.Rows))
	for i, r := range t.Rows {
		d := 0.0
		for j, k := range keys {
			d += square(math.Log(k / float64(r[j])))
		}
		all[i] = neighbour{r[len(keys):], d}
	}
	slices.SortStableFunc(all, func(a, b neighbour) int { return cmp.Compare(a.distance, b.distance) })
	if all[0].distance < 1e-6 {
		return all[:1]
	}
	return all[:min(nearRows, len(all))]
}

// row returns the factors of the kernel with the given keys: the mean of those of
// the nearest rows, weighted by their inverse squared distance.
func (t *Table) row(keys ...float64) []float64 {
	near := t.nearest(keys)
	factors, total := make([]float64, len(near[0].factors)), 0.0
	for _, n := range near {
		w := 1 / (n.distance + 1e-9)
		total += w
		for i, f := range n.factors {
			factors[i] += w * float64(f) * milli
		}
	}
	for i := range factors {
		factors[i] /= total
	}
	return factors
}

// logRatio returns the logarithm of the ratio of a row's factors and a column.
func logRatio(row []float64, column []int) float64 {
	sum := 0.0
	for i, f := range row {
		sum += f * float64(column[i]) * milli
	}
	return sum
}

// validate checks that every row and column has its keys and the same number of
// factors, and that the columns are in order.
func (t *Table) validate(where string, rowKeys, columnKeys int) error {
	if len(t.Rows) == 0 || len(t.Columns) < 2 || !notNegative(t.FloorMicros) {
		return fmt.Errorf("%s: needs rows, two columns or more, and floor_us of at least 0", where)
	}
	rank := len(t.Rows[0]) - rowKeys
	check := func(kind string, lines [][]int, keys int) error {
		for i, line := range lines {
			if len(line) != keys+rank || rank < 1 {
				return fmt.Errorf("%s: %s %d has %d numbers (must have %d keys and %d factors)", where, kind, i, len(line), keys, rank)
			}
			if slices.Min(line[:keys]) < 1 {
				return fmt.Errorf("%s: %s %d has a key below 1", where, kind, i)
			}
		}
		return nil
	}
	if err := cmp.Or(check("row", t.Rows, rowKeys), check("column", t.Columns, columnKeys)); err != nil {
		return err
	}
	for i := 1; i < len(t.Columns); i++ {
		if slices.Compare(t.Columns[i-1][:columnKeys], t.Columns[i][:columnKeys]) >= 0 {
			return fmt.Errorf("%s: column %d is not in order of its keys", where, i)
		}
	}
	return nil
}

// plane checks that the columns of a table span at least two sizes either way.
func (t *Table) plane(where string) error {
	xs, ys := map[int]bool{}, map[int]bool{}
	for _, c := range t.Columns {
		xs[c[0]], ys[c[1]] = true, true
	}
	if len(xs) < 2 || len(ys) < 2 {
		return fmt.Errorf("%s: needs two batch sizes and two lengths or more (has %d and %d)", where, len(xs), len(ys))
	}
	return nil
}

func square(x float64) float64 { return x * x }

// Ratio returns the ratio of latency to bound plus floor of a kernel at one of the
// sizes of the table, both given by their keys.
func (t *Table) Ratio(kernel, size []int) float64 {
	keys := make([]float64, len(kernel))
	for i, k := range kernel {
		keys[i] = float64(k)
	}
	row := t.row(keys...)
	for _, c := range t.Columns {
		if slices.Equal(c[:len(size)], size) {
			return math.Exp(logRatio(row, c[len(size):]))
		}
	}
	panic(fmt.Sprintf("hardware: no column %v in a table of %d", size, len(t.Columns)))
}
