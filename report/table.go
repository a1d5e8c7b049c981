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
}

// labelledGroup reports whether the rows of a group are named things.
func labelledGroup(group string) bool {
	return slices.ContainsFunc(labelled, func(k kind) bool { return k.group == group })
}

// tables returns a table of each kind of named things that the report tells of.
func tables(m *metrics.Report) (all []Table) {
	for _, l := range labelled {
		var rows []metrics.Row
		for _, row := range m.Rows {
			if row.Group == l.group {
				rows = append(rows, row)
			}
		}
		if len(rows) > 0 {
			t := byName(rows)
			t.Title, t.Head[0] = l.title, l.one
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
