package report

import (
	"fmt"
	"slices"

	"metronome/metrics"
)

// A Table has a head and rows of as many cells, of which the first is a name.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
	Words bool // cells are words rather than numbers
}

// A kind of named things that a group of a report tells of.
type kind struct{ group, title, one string }

// labelled are the groups of a report that tell of named things.
var labelled = []kind{
	{"tenants", "Tenants", "tenant"},
	{"pools", "Pools", "pool"},
	{"classes", "Classes of requests", "class"},
	{"fleet", "Provisioned replicas", "pool"},
}

// tells reports whether a row is a figure of a named thing. What a group tells of all
// together has no stat.
func (k kind) tells(r metrics.Row) bool { return r.Group == k.group && r.Stat != "" }

// labels reports whether a row is in a table of named things.
func labels(r metrics.Row) bool {
	return slices.ContainsFunc(labelled, func(k kind) bool { return k.tells(r) })
}

// tables returns a table of each kind of named things that the report tells of.
func tables(m *metrics.Report) (all []Table) {
	for _, l := range labelled {
		var rows []metrics.Row
		for _, row := range m.Rows {
			if l.tells(row) {
				rows = append(rows, row)
			}
		}
		if len(rows) > 0 {
			t := byName(rows)
			t.Head[0] = l.one
			if len(t.Head) > widest && len(t.Rows) < len(t.Head) {
				t = t.turned()
			}
			t.Title = l.title
			all = append(all, t)
		}
	}
	return all
}

// byName lays out a line for each name and a column for each stat, in the order in
// which they first come.
func byName(rows []metrics.Row) Table {
	t := Table{Head: []string{""}}
	for _, row := range rows {
		if !slices.Contains(t.Head[1:], row.Stat) {
			t.Head = append(t.Head, row.Stat)
		}
	}
	at := map[string]int{}
	for _, row := range rows {
		i, known := at[row.Name]
		if !known {
			i = len(t.Rows)
			at[row.Name] = i
			t.Rows = append(t.Rows, append([]string{row.Name}, slices.Repeat([]string{missing}, len(t.Head)-1)...))
		}
		t.Rows[i][1+slices.Index(t.Head[1:], row.Stat)] = valueText(row)
	}
	return t
}

// widest is how many columns of figures fit a page of paper.
const widest = 8

// turned lays out a column for each row, under its name.
func (t Table) turned() (o Table) {
	o.Head = []string{""}
	for _, row := range t.Rows {
		o.Head = append(o.Head, row[0])
	}
	for i, stat := range t.Head[1:] {
		line := []string{stat}
		for _, row := range t.Rows {
			line = append(line, row[1+i])
		}
		o.Rows = append(o.Rows, line)
	}
	return o
}

// missing stands for what nobody knows.
const missing = "–"

func valueText(row metrics.Row) string {
	if v, ok := row.Number(); ok {
		if n, whole := row.Value.(int64); whole {
			return fmt.Sprint(n)
		}
		return significantText(v)
	}
	switch v := row.Value.(type) {
	case string, bool:
		return fmt.Sprint(v)
	}
	return missing
}
