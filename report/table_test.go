package report

import (
	"fmt"
	"testing"

	"metronome/metrics"
)

// Whatever rows there are of named things, each figure stands in the line of
// its name and the column of its stat, and nothing is said twice.
func TestNamedThingsHaveATable(t *testing.T) {
	m := &metrics.Report{Rows: []metrics.Row{
		{Group: "latency", Name: "ttft_ms", Stat: "mean", Value: 1.0},
		{Group: "tenants", Name: "acme", Stat: "requests", Value: int64(7)},
		{Group: "tenants", Name: "acme", Stat: "fluidity_mean", Value: 0.98765},
		{Group: "tenants", Name: "other", Stat: "requests", Value: int64(1)},
		{Group: "tenants", Name: "other", Stat: "ttft_mean_ms", Value: nil},
		{Group: "pools", Name: "prefill", Stat: "gpu", Value: "h100-sxm"},
		{Group: "pools", Name: "decode", Stat: "utilisation", Value: 0.5},
		{Group: "fleet", Name: "decode", Stat: "hours", Value: 1.5},
		{Group: "fleet", Name: "crashes", Value: int64(3)},
	}}
	for i := range 8 {
		m.Rows = append(m.Rows, metrics.Row{Group: "classes", Name: "chat", Stat: fmt.Sprint("stat", i), Value: int64(i)})
	}
	got := tables(m)
	want := []Table{
		{Title: "Tenants", Head: []string{"tenant", "requests", "fluidity_mean", "ttft_mean_ms"},
			Rows: [][]string{{"acme", "7", "0.988", missing}, {"other", "1", missing, missing}}},
		{Title: "Pools", Head: []string{"pool", "gpu", "utilisation"},
			Rows: [][]string{{"prefill", "h100-sxm", missing}, {"decode", missing, "0.5"}}},
		{Title: "Classes of requests", Head: []string{"", "chat"}, // too wide for paper the other way
			Rows: [][]string{{"stat0", "0"}, {"stat1", "1"}, {"stat2", "2"}, {"stat3", "3"}, {"stat4", "4"}, {"stat5", "5"}, {"stat6", "6"}, {"stat7", "7"}}},
		{Title: "Provisioned replicas", Head: []string{"pool", "hours"}, Rows: [][]string{{"decode", "1.5"}}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("tables are\n%v\nmust be\n%v", got, want)
	}
	if all := groups(m); len(all) != 2 || all[0].Name != "latency" || fmt.Sprint(all[1]) != "{fleet [{crashes 3}]}" {
		t.Errorf("groups %v (must be latency, and crashes of the fleet)", all)
	}
}
