package main

import (
	"fmt"
	"strings"

	"metronome/metrics"
)

// client prints how a live run was driven, and what was served of what was asked for.
func (p page) client() {
	f := func(name string) string { return show(p.report, "client."+name) }
	p.title("client")
	p.text(label("sending"), fmt.Sprintf("%s requests/s of %s offered; late by %s ms in the mean, %s P99, %s at most",
		f("achieved_per_s"), f("offered_per_s"), f("schedule_lag_ms.mean"), f("schedule_lag_ms.p99"), f("schedule_lag_ms.max")))
	p.text(label("health"), fmt.Sprintf("goroutines waited %s ms (P99) to run; %s of all cores used", f("scheduler_p99_ms"), p.share("client.cpu_share")))
	if _, stamped := p.report.Lookup("client.timestamp_lag_ms.p99"); stamped {
		p.text(label("timestamps"), fmt.Sprintf("%s ms after the server wrote, %s P99", f("timestamp_lag_ms.mean"), f("timestamp_lag_ms.p99")))
	}
	p.text(label("visible"), fmt.Sprintf("first token of text after %s ms in the mean, %s P99", f("first_visible_ms.mean"), f("first_visible_ms.p99")))
	p.text(label("prompts"), fmt.Sprintf("%s tokens of %s asked for; %s requests off", f("prompt_tokens.served"), f("prompt_tokens.asked"), f("prompt_tokens.requests_off")))
	p.text(label("replies"), fmt.Sprintf("%s tokens of %s asked for; %s short", f("output_tokens.served"), f("output_tokens.asked"), f("output_tokens.requests_short")))
	if failures := stats(p.report, "failures"); failures != "" {
		p.text(label("failures"), failures)
	}
	p.text(label("token rules"), stats(p.report, "token_rules"))
}

// stats returns the counts under a name of the client, with what they are of.
func stats(r *metrics.Report, name string) string {
	var all []string
	for _, row := range r.Rows {
		if row.Group == "client" && row.Name == name {
			all = append(all, fmt.Sprintf("%v × %s", row.Value, row.Stat))
		}
	}
	return strings.Join(all, ", ")
}

// server prints what the endpoint said of itself, if it did.
func (p page) server() {
	if _, said := p.report.Lookup("server.samples"); !said {
		return
	}
	f := func(name string) string { return show(p.report, "server."+name) }
	p.title("server, as it says")
	p.text(label("KV cache"), p.share("server.kv_cache_share.mean")+" mean, "+p.share("server.kv_cache_share.max")+" peak")
	p.text(label("requests"), fmt.Sprintf("%s running and %s waiting in the mean, %s and %s at most",
		f("running.mean"), f("waiting.mean"), f("running.max"), f("waiting.max")))
	p.text(label("preemptions"), f("preemptions"))
}
