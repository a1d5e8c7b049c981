package study

import (
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A SweepTable is what a sweep found: the means over seeds of its figures, laid out
// with one key across and all that else varies down.
type SweepTable struct {
	Across  string   // key of the columns: the one with the most values, or numbers
	Columns []string // its values, numbers in order
	Numbers []float64
	Down    string      // keys of the rows; "" if nothing else varies
	Rows    []string    // their values, in the order of the study
	Figures []string    // keys of the report that are columns of the results
	Chosen  bool        // the study named them
	Ended   SweepResult // how many of the runs
	cells   map[[2]int]*sweepCell
}

// A sweepCell sums the runs of one combination.
type sweepCell struct {
	runs int
	sums map[string]float64
	n    map[string]int
}

// mostTabled bounds the runs that are laid out.
const mostTabled = 20_000

// errTooMany says that a table would be larger than anyone looks at.
var errTooMany = errors.New("study: too many runs for a table")

// ReadSweepTable reads the folder of a sweep. It returns nil if the folder is
// but a shard, or nothing varies, or it has no runs, or more than anyone looks at:
// 20,000.
func ReadSweepTable(folder string) (*SweepTable, error) {
	there, err := readStamp(folder)
	if err != nil {
		return nil, err
	}
	if there.Shards > 1 || len(there.Keys) == 0 {
		return nil, nil
	}
	var rows []StudyRow
	_, err = eachRow(filepath.Join(folder, RowsFile), func(row StudyRow, _ storedRow) error {
		if rows = append(rows, row); len(rows) > mostTabled {
			return errTooMany
		}
		return nil
	})
	if errors.Is(err, errTooMany) || err == nil && len(rows) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, readable(err)
	}
	return newSweepTable(there.Keys, there.Columns, rows), nil
}

func newSweepTable(keys, figures []string, rows []StudyRow) *SweepTable {
	slices.SortFunc(rows, func(a, b StudyRow) int { return a.Point - b.Point })
	settings := make([][]string, len(rows))
	for i, row := range rows {
		var values map[string]json.RawMessage
		json.Unmarshal(row.Settings, &values) // was written by this package
		for _, key := range keys {
			settings[i] = append(settings[i], cell(values[key]))
		}
	}
	across, down := axesOf(keys, settings)
	keys = shortKeys(keys)
	t := &SweepTable{Figures: figures, Chosen: !slices.Equal(figures, defaultColumns), cells: map[[2]int]*sweepCell{}}
	t.Across, t.Down = keys[across], joined(keys, down)
	t.setColumns(settings, across)
	t.Ended.Runs = len(rows)
	for i, row := range rows {
		t.Ended.Count(row)
		name := joined(settings[i], down)
		if !slices.Contains(t.Rows, name) {
			t.Rows = append(t.Rows, name)
		}
		t.add([2]int{slices.Index(t.Rows, name), slices.Index(t.Columns, settings[i][across])}, row)
	}
	return t
}

// shortKeys returns the last parts of keys, where they tell them apart.
func shortKeys(keys []string) []string {
	short := make([]string, len(keys))
	count := map[string]int{}
	for i, key := range keys {
		short[i] = key[strings.LastIndexByte(key, '.')+1:]
		count[short[i]]++
	}
	for i := range keys {
		if count[short[i]] > 1 {
			short[i] = keys[i]
		}
	}
	return short
}

// axesOf returns the key that goes across, and those that go down: all others that
// vary and do not follow from it.
func axesOf(keys []string, settings [][]string) (across int, down []int) {
	most := -1
	for k := range keys {
		values := distinct(settings, k)
		size := 2 * len(values)
		if _, ok := numbers(values); ok {
			size++
		}
		if size > most {
			most, across = size, k
		}
	}
	for k := range keys {
		if k != across && len(distinct(settings, k)) > 1 && !follows(settings, across, k) {
			down = append(down, k)
		}
	}
	return across, down
}

// distinct returns the values of a key in the order in which they come.
func distinct(settings [][]string, key int) (values []string) {
	seen := map[string]bool{}
	for _, s := range settings {
		if !seen[s[key]] {
			seen[s[key]] = true
			values = append(values, s[key])
		}
	}
	return values
}

// follows reports whether the value of one key tells that of the other.
func follows(settings [][]string, from, to int) bool {
	of := map[string]string{}
	for _, s := range settings {
		if v, known := of[s[from]]; known && v != s[to] {
			return false
		}
		of[s[from]] = s[to]
	}
	return true
}

func numbers(values []string) (all []float64, ok bool) {
	for _, v := range values {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil, false
		}
		all = append(all, x)
	}
	return all, true
}

// joined returns some of several texts as one.
func joined(texts []string, which []int) string {
	var all []string
	for _, i := range which {
		all = append(all, texts[i])
	}
	return strings.Join(all, ", ")
}

func (t *SweepTable) setColumns(settings [][]string, across int) {
	t.Columns = distinct(settings, across)
	of := map[string]float64{}
	all, ok := numbers(t.Columns)
	if !ok {
		return
	}
	for i, name := range t.Columns {
		of[name] = all[i]
	}
	t.Columns = slices.SortedStableFunc(maps.Keys(of), func(a, b string) int { return int(sign(of[a] - of[b])) })
	for _, name := range t.Columns {
		t.Numbers = append(t.Numbers, of[name])
	}
}

func sign(x float64) float64 {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}

func (t *SweepTable) add(at [2]int, row StudyRow) {
	c := t.cells[at]
	if c == nil {
		c = &sweepCell{sums: map[string]float64{}, n: map[string]int{}}
		t.cells[at] = c
	}
	c.runs++
	for key, text := range row.Figures {
		if x, err := strconv.ParseFloat(string(text), 64); err == nil {
			c.sums[key] += x
			c.n[key]++
		}
	}
}

// Figure returns the mean over seeds of a figure in a row and a column, or false if
// a run there has none.
func (t *SweepTable) Figure(row, column int, key string) (float64, bool) {
	c := t.cells[[2]int{row, column}]
	if c == nil || c.n[key] == 0 || c.n[key] < c.runs {
		return 0, false
	}
	return c.sums[key] / float64(c.n[key]), true
}
