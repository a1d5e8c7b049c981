package fit

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"

	"metronome/hardware"
)

// A matrix holds logarithms of ratios of latency to bound, kernels by sizes. What
// is not known is NaN.
type matrix struct {
	rows, columns [][]int
	values        [][]float64
}

func newMatrix(points []point, floor float64) *matrix {
	m := &matrix{}
	for _, p := range points {
		m.rows = append(m.rows, p.row)
		m.columns = append(m.columns, p.column)
	}
	m.rows, m.columns = distinct(m.rows), distinct(m.columns)
	for range m.rows {
		line := make([]float64, len(m.columns))
		for j := range line {
			line[j] = math.NaN()
		}
		m.values = append(m.values, line)
	}
	for _, p := range points {
		i, _ := slices.BinarySearchFunc(m.rows, p.row, slices.Compare)
		j, _ := slices.BinarySearchFunc(m.columns, p.column, slices.Compare)
		m.values[i][j] = math.Log(p.seconds / (p.bound.Bound() + floor))
	}
	return m
}

func distinct(keys [][]int) [][]int {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, slices.Compare)
	return slices.CompactFunc(keys, slices.Equal)
}

// without returns the matrix with the entries that hide reports made unknown.
func (m *matrix) without(hide func(i, j int) bool) *matrix {
	c := *m
	c.values = nil
	for i, line := range m.values {
		line = slices.Clone(line)
		for j := range line {
			if hide(i, j) {
				line[j] = math.NaN()
			}
		}
		c.values = append(c.values, line)
	}
	return &c
}

// keep returns the matrix of the rows that keep reports.
func (m *matrix) keep(keep func(i int) bool) *matrix {
	c := &matrix{columns: m.columns}
	for i := range m.rows {
		if keep(i) {
			c.rows = append(c.rows, m.rows[i])
			c.values = append(c.values, m.values[i])
		}
	}
	return c
}

const (
	rounds  = 60    // of completion
	jitter  = 0.014 // of single entries; a matrix of jitter has singular values up to it times √rows + √columns
	outlier = 0.08  // a residual beyond it pulls no harder: single rows jitter by far more
)

// complete returns the table of the given rank that fits the known entries. It
// alternates between filling the matrix from the table and shrinking the singular
// values of the filled matrix (soft-impute), with clipped residuals.
//
// With detail above 0, the residuals are then added back, between known sizes by
// interpolation, and the table has that rank instead: for kernels whose time depends
// on the size in ways that they do not share.
func (m *matrix) complete(rank, detail int) hardware.Table {
	filled := m.guess()
	shrink := jitter * (math.Sqrt(float64(len(m.rows))) + math.Sqrt(float64(len(m.columns))))
	var d decomposition
	for range rounds {
		d = decompose(filled, rank, shrink)
		for i, line := range m.values {
			for j, x := range line {
				l := d.low.At(i, j)
				if !math.IsNaN(x) {
					l += min(max(x-l, -outlier), outlier)
				}
				filled.Set(i, j, l)
			}
		}
	}
	if detail > 0 {
		filled.Add(&d.low, m.residuals(&d.low))
		rank = detail
		d = decompose(filled, rank, 0)
	}
	return hardware.Table{Rows: factors(m.rows, &d.u, d.s, rank), Columns: factors(m.columns, &d.v, d.s, rank)}
}

// A decomposition holds the singular vectors and shrunk values of a matrix, and
// the matrix that they make.
type decomposition struct {
	u, v, low mat.Dense
	s         []float64
}

func decompose(filled *mat.Dense, rank int, shrink float64) decomposition {
	var svd mat.SVD
	if !svd.Factorize(filled, mat.SVDThin) {
		panic("fit: the decomposition of a finite matrix did not converge")
	}
	var d decomposition
	svd.UTo(&d.u)
	svd.VTo(&d.v)
	d.s = svd.Values(nil)
	for i := range d.s {
		d.s[i] = max(0, d.s[i]-shrink)
		if i >= rank {
			d.s[i] = 0
		}
	}
	var scaled mat.Dense
	scaled.Mul(&d.u, mat.NewDiagDense(len(d.s), d.s))
	d.low.Mul(&scaled, d.v.T())
	return d
}

// residuals returns what the known entries have beyond those of low, interpolated
// along each row, in the logarithm of the first key, to where nothing is known.
func (m *matrix) residuals(low *mat.Dense) *mat.Dense {
	rest := mat.NewDense(len(m.rows), len(m.columns), nil)
	for i, line := range m.values {
		var sizes, values []float64
		for j, x := range line {
			if !math.IsNaN(x) {
				sizes = append(sizes, math.Log(float64(m.columns[j][0])))
				values = append(values, x-low.At(i, j))
			}
		}
		for j := range line {
			rest.Set(i, j, between(sizes, values, math.Log(float64(m.columns[j][0]))))
		}
	}
	return rest
}

// between returns the value at x, linear between points and constant outside.
func between(xs, ys []float64, x float64) float64 {
	i := sort.SearchFloat64s(xs, x)
	switch {
	case len(xs) == 0:
		return 0
	case i == 0:
		return ys[0]
	case i == len(xs):
		return ys[i-1]
	}
	return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/(xs[i]-xs[i-1])
}

// factors returns keys and factors, in thousandths, of every line.
func factors(keys [][]int, vectors *mat.Dense, s []float64, rank int) hardware.Lines {
	var lines hardware.Lines
	for i, key := range keys {
		line := slices.Clone(key)
		for r := range min(rank, len(s)) {
			line = append(line, int(math.Round(1000*vectors.At(i, r)*math.Sqrt(s[r]))))
		}
		lines = append(lines, line)
	}
	return lines
}

// guess fills the unknown entries with the mean of their column plus that of their row.
func (m *matrix) guess() *mat.Dense {
	filled := mat.NewDense(len(m.rows), len(m.columns), nil)
	column := means(len(m.columns), len(m.rows), func(j, i int) float64 { return m.values[i][j] })
	row := means(len(m.rows), len(m.columns), func(i, j int) float64 { return m.values[i][j] - column[j] })
	for i, line := range m.values {
		for j, x := range line {
			if math.IsNaN(x) {
				x = column[j] + row[i]
			}
			filled.Set(i, j, x)
		}
	}
	return filled
}

// means returns the means of n lines of known entries, 0 for a line without any.
func means(n, entries int, at func(line, entry int) float64) []float64 {
	result := make([]float64, n)
	for i := range result {
		sum, count := 0.0, 0
		for j := range entries {
			if x := at(i, j); !math.IsNaN(x) {
				sum += x
				count++
			}
		}
		if count > 0 {
			result[i] = sum / float64(count)
		}
	}
	return result
}
