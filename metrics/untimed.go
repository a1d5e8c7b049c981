package metrics

import "slices"

// WithoutGaps returns the report without what rests on the gaps between tokens, for
// recordings that tell of a reply no more than its first and its last token.
func (r *Report) WithoutGaps() *Report {
	known := slices.DeleteFunc(slices.Clone(r.Rows), func(row Row) bool {
		switch row.Group {
		case "fluidity", "qoe", "smooth_goodput", "fairness", "tenants", "etalon", "cost":
			return true
		}
		return row.Name == "tbt_ms" || row.Key() == "slo.holds" || row.Group == "throughput" && len(row.Name) > 7 && row.Name[:7] == "goodput"
	})
	return &Report{Rows: known}
}
