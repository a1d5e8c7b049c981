package main

import (
	"metronome/metrics"
)

// pools prints what each pool did, a line each, if there are several.
func (p page) pools() {
	names := members(p.report, "pools")
	if len(names) == 0 {
		return
	}
	p.title("pools", "replicas", "busy", "batch", "KV cache")
	for _, name := range names {
		key := "pools." + name + "."
		role := ""
		if r := p.report.Text(key + "role"); r != "whole" {
			role = " (" + r + ")"
		}
		p.row(name+role, show(p.report, key+"replicas"), p.share(key+"busy_share"), show(p.report, key+"batch_mean"), p.share(key+"kv_mean_share"))
	}
}

// members returns the names in a group of the report, in order.
func members(r *metrics.Report, group string) (names []string) {
	for _, row := range r.Rows {
		if row.Group == group && (len(names) == 0 || names[len(names)-1] != row.Name) {
			names = append(names, row.Name)
		}
	}
	return names
}
