package main

import (
	"cmp"
	"fmt"
	"time"

	"metronome/study"
)

// mostTenants is how many tenants the console shows; the JSON report has all.
const mostTenants = 16

// tenants prints how each tenant fared, a line each in two tables.
func (p page) tenants() {
	names := members(p.report, "tenants")
	more := len(names) - mostTenants
	names = names[:min(len(names), mostTenants)]
	p.each(names, []string{"tenants", "requests", "finished", "index", "attained", "of service"}, func(key string) []string {
		return []string{show(p.report, key+"requests"), show(p.report, key+"finished"), show(p.report, key+"fluidity_mean"),
			p.share(key + "attainment"), p.share(key + "service_share")}
	})
	p.each(names, []string{"tenants (ms)", "TTFT mean", "TTFT p50", "TTFT p99", "TBT p99"}, func(key string) []string {
		return []string{show(p.report, key+"ttft_mean_ms"), show(p.report, key+"ttft_p50_ms"), show(p.report, key+"ttft_p99_ms"),
			show(p.report, key+"tbt_p99_ms")}
	})
	if more > 0 {
		p.text("  ", fmt.Sprintf("and %d more (--json has all)", more))
	}
}

// each prints a table of tenants, if there are any.
func (p page) each(names, head []string, cells func(key string) []string) {
	if len(names) == 0 {
		return
	}
	p.title(head[0], head[1:]...)
	for _, name := range names {
		p.row(name, cells("tenants."+name+".")...)
	}
}

// tenants returns what is assumed of tenants.
func tenants(e *study.Experiment) (all []assumption) {
	own := e.Tenants
	for _, t := range own[:min(len(own), mostTenants)] {
		text := fmt.Sprintf("weight %s, D_p = P + %v, D_d = %v", figure(*t.Weight), t.SLO.TTFTSlack, t.SLO.TBT)
		if w := t.Workload; w != nil {
			text += fmt.Sprintf(", %s, %s", cmp.Or(w.Trace, w.Source, "synthetic"), arrivals(w.Arrivals))
		}
		if t.Start > 0 {
			text += fmt.Sprintf(" from %v on", t.Start.Round(time.Millisecond))
		}
		all = append(all, assumption{"tenant " + t.Name, text})
	}
	return all
}
