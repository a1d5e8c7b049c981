package main

import (
	"fmt"

	"metronome/metrics"
)

// pools prints what each pool did and cost, a line each in two tables, if there are several.
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
	p.title("pools", "GPUs", "W mean", "$ per hour", "ended")
	for _, name := range names {
		key := "pools." + name + "."
		p.row(name, show(p.report, key+"gpus"), show(p.report, key+"mean_power_w"), show(p.report, key+"price_per_hour"), show(p.report, key+"requests_ended"))
	}
}

// transfers tells of the KV caches that were copied to where replies are decoded, and of
// those that were fetched from hosts.
func (p page) transfers() {
	for _, t := range []struct{ name, group, what string }{{"handover", "handover", "KV caches"}, {"host", "offload", "fetches of KV blocks"}} {
		if _, known := p.report.Lookup(t.group + ".transfers"); known {
			p.text(label(t.name), fmt.Sprintf("%s %s waited %s ms and took %s ms in the mean, %s ms together at most", show(p.report, t.group+".transfers"), t.what,
				show(p.report, t.group+".wait_ms.mean"), show(p.report, t.group+".transfer_ms.mean"), show(p.report, t.group+".whole_ms.max")))
		}
	}
}

// members returns the names in a group of the report, in order.
func members(r *metrics.Report, group string) (names []string) {
	seen := map[string]bool{}
	for _, row := range r.Rows {
		if row.Group == group && !seen[row.Name] {
			names, seen[row.Name] = append(names, row.Name), true
		}
	}
	return names
}
