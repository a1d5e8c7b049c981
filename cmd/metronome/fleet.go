package main

import (
	"fmt"
	"strings"

	"metronome/metrics"
)

// causes tells why requests did not finish, if a cluster said so, and how many were
// sent again after crashes.
func (p page) causes() {
	for _, outcome := range []string{"rejected", "failed", "shed"} {
		var parts []string
		for c := metrics.TooLong; c <= metrics.Crash; c++ {
			if n := show(p.report, "requests."+outcome+"_by."+c.String()); n != missing {
				parts = append(parts, n+" "+causeWords[c])
			}
		}
		if parts != nil {
			p.text(label(outcome), strings.Join(parts, ", "))
		}
	}
	if n := show(p.report, "requests.retries"); n != missing {
		p.text(label("retries"), n+" after crashes")
	}
}

// causeWords are what people read of the causes for which requests do not finish.
var causeWords = map[metrics.Cause]string{
	metrics.TooLong: "too long for their replica", metrics.Queue: "as too many waited", metrics.Late: "as they would be late",
	metrics.Rate: "above the rate", metrics.TimedOut: "timed out", metrics.Crash: "by crashes",
}

// fleet tells how replicas came, went and crashed, if they did.
func (p page) fleet() {
	for _, name := range members(p.report, "fleet") {
		key := "fleet." + name + "."
		if _, scaled := p.report.Lookup(key + "mean"); !scaled {
			continue
		}
		text := fmt.Sprintf("%s mean, %s to %s, %s at the end; %s turned on, %s off; provisioned for %s hours in all", show(p.report, key+"mean"),
			show(p.report, key+"min"), show(p.report, key+"max"), show(p.report, key+"last"),
			show(p.report, key+"turned_on"), show(p.report, key+"turned_off"), show(p.report, key+"hours"))
		if name != "replicas" {
			name = "of " + name
		}
		p.text(label(name), text)
	}
	if n, crashed := p.report.Lookup("fleet.crashes"); crashed {
		hours, _ := p.report.Lookup("fleet.crashed_hours")
		p.text(label("crashes"), fmt.Sprintf("%s; replicas down for %s s in all", figure(n), figure(hours*3600)))
	}
}
