package metrics

import (
	"math"
	"slices"
)

// A Row is one figure of a report. The JSON report and the tables of the
// console are both made of rows.
type Row struct {
	Group string // of the report, such as "latency"; "" is the report itself
	Name  string // with its unit, such as "ttft_ms"
	Stat  string // such as "p99"; "" if the name has one figure only
	Value any    // an int64, a float64, a string, a bool, or nil where there is nothing to say
}

// Key returns the group, the name and the stat, joined by dots.
func (r Row) Key() string {
	key := r.Name
	if r.Group != "" {
		key = r.Group + "." + key
	}
	if r.Stat != "" {
		key += "." + r.Stat
	}
	return key
}

// Number returns the value as a float64, or false if it is not a number.
func (r Row) Number() (float64, bool) {
	switch v := r.Value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}

// A Report is what the metrics of a run say.
type Report struct {
	Rows     []Row    // by group
	Warnings []string // one sentence each
}

// groups is the order in which a report is read; others follow.
var groups = []string{"", "requests", "fluidity", "latency", "throughput", "kv_cache", "batch", "energy", "cost", "handover", "offload", "pools"}

func (r *Report) sort() {
	slices.SortStableFunc(r.Rows, func(a, b Row) int { return groupRank(a) - groupRank(b) })
}

func groupRank(r Row) int {
	if i := slices.Index(groups, r.Group); i >= 0 {
		return i
	}
	return len(groups)
}

// Lookup returns the number with a key such as "latency.ttft_ms.p99", or false
// if there is none.
func (r *Report) Lookup(key string) (float64, bool) {
	return r.row(key).Number()
}

// Text returns the text with a key such as "fluidity.index", "" if there is none.
func (r *Report) Text(key string) string {
	text, _ := r.row(key).Value.(string)
	return text
}

// Holds reports whether the SLO holds. It does not if no request was scored.
func (r *Report) Holds() bool {
	held, _ := r.row("slo.holds").Value.(bool)
	return held
}

// row returns the row with a key, or one without a value.
func (r *Report) row(key string) Row {
	for _, row := range r.Rows {
		if row.Key() == key {
			return row
		}
	}
	return Row{}
}
