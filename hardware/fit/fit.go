// Package fit turns tables of measured kernels into the compact profile of a GPU.
// It is not needed to run a simulation.
package fit

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"

	"metronome/hardware"
)

// Shares of the points that judge a fit and take no part in it. The smallest and the
// largest size of a table are never held back: they are what bounds its use.
const (
	heldPoints  = 0.2
	heldKernels = 0.1
)

// Kernels fits the tables of fsys that are for a GPU of the given specification, with
// some of them replaced.
func Kernels(fsys fs.FS, g *hardware.GPU, replaced ...Replacement) (*hardware.Kernels, error) {
	k := &hardware.Kernels{}
	var err error
	gemm, err := readGEMM(fsys, g)
	if err != nil {
		return nil, err
	}
	if gemm == nil {
		return nil, fmt.Errorf("fit: no gemm.csv and no %s_gemm.csv (see docs/hardware.md for the tables)", g.Name)
	}
	if k.GEMM, err = fitAll(g, gemm); err != nil {
		return nil, err
	}
	if k.Prefill, err = fitAttention(fsys, g, "context_attention", "isl", g.PrefillBound, replaced); err != nil {
		return nil, err
	}
	if k.Decode, err = fitAttention(fsys, g, "generation_attention", "kv_len", g.DecodeBound, replaced); err != nil {
		return nil, err
	}
	moe, err := readMoE(fsys, g)
	if err != nil {
		return nil, err
	}
	if k.MoE, err = fitAll(g, moe); err != nil {
		return nil, err
	}
	return k, fitCollectives(fsys, g, k)
}

func fitAttention(fsys fs.FS, g *hardware.GPU, name, length string, bound func(batch, length, heads, kvHeads, headDim int, cache hardware.Precision) hardware.Cost, replaced []Replacement) (*hardware.Table, error) {
	y, err := readAttention(fsys, g, name, length, bound)
	if y == nil || err != nil {
		return nil, err
	}
	for _, r := range replaced {
		if r.Family != name {
			continue
		}
		f, err := parseFrame(r.Name, r.Table, attentionColumns(length))
		if err != nil {
			return nil, err
		}
		o, err := attention(f, length, bound)
		if err != nil {
			return nil, err
		}
		y.replaceBy(o)
	}
	return y.fit(g)
}

func fitAll(g *hardware.GPU, families map[hardware.Precision]*family) (map[hardware.Precision]*hardware.Table, error) {
	tables := map[hardware.Precision]*hardware.Table{}
	for p, y := range families {
		t, err := y.fit(g)
		if err != nil {
			return nil, err
		}
		tables[p] = t
	}
	return tables, nil
}

// fit returns the table of all points, with the residuals of fits that left some out.
func (y *family) fit(g *hardware.GPU) (*hardware.Table, error) {
	if err := check(y.file, y.points); err != nil {
		return nil, err
	}
	kept, hits := warm(y.points, g.L2MiB*(1<<20))
	m, err := dense(y.file, newMatrix(kept, y.floor))
	if err != nil {
		return nil, err
	}
	held := func(i, j int) bool { return 0 < j && j < len(m.columns)-1 && draw(i, j) < heldPoints }
	kernel := func(i int) bool { return draw(i, -1) < heldKernels }

	points := m.without(held).complete(y.rank, y.detail)
	points.Fit.Median, points.Fit.P90 = y.judge(&points, m, kept, held)
	kernels := m.keep(func(i int) bool { return !kernel(i) }).complete(y.rank, y.detail)
	shapeMedian, shapeP90 := y.judge(&kernels, m, kept, func(i, j int) bool { return kernel(i) })

	t := m.complete(y.rank, y.detail)
	t.FloorMicros = y.floor * 1e6
	t.Fit = hardware.Residuals{
		Points: len(kept), CacheHits: hits, Median: round(points.Fit.Median), P90: round(points.Fit.P90),
		ShapeMedian: round(shapeMedian), ShapeP90: round(shapeP90),
	}
	return &t, nil
}

// judge returns the median and the 90th percentile of the relative errors of a
// table at the points that were held back.
func (y *family) judge(t *hardware.Table, m *matrix, points []point, held func(i, j int) bool) (median, p90 float64) {
	var errs []float64
	for _, p := range points {
		i, ok := slices.BinarySearchFunc(m.rows, p.row, slices.Compare)
		if !ok {
			continue
		}
		j, _ := slices.BinarySearchFunc(m.columns, p.column, slices.Compare)
		if held(i, j) {
			predicted := max(p.bound.Bound(), t.Ratio(p.row, p.column)*(p.bound.Bound()+y.floor))
			errs = append(errs, math.Abs(predicted/p.seconds-1))
		}
	}
	if len(errs) == 0 {
		return 0, 0
	}
	slices.Sort(errs)
	return errs[len(errs)/2], errs[len(errs)*9/10]
}

// draw returns a number in [0, 1) that depends on nothing but its arguments.
func draw(i, j int) float64 {
	return rand.New(rand.NewPCG(uint64(i), uint64(int64(j)))).Float64()
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func unknownType(f *frame, row int, column string) error {
	return fmt.Errorf("%s: %s: %q (must be bfloat16, float16, fp8, fp8_block or int8)", f.at(row), column, f.text(row, column))
}
