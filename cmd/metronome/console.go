package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"metronome/metrics"
)

// width is the most columns of a line of the console report.
const width = 80

// An assumption is a line of what a report rests on.
type assumption struct{ name, text string }

// A page prints a report for people, the answer first.
type page struct {
	out    io.Writer
	report *metrics.Report
}

// print prints the report and what it rests on.
func (p page) print(assumed []assumption) {
	p.text("", p.report.Answer())
	p.fluidity()
	p.latency()
	p.throughput()
	p.tenants()
	p.resources()
	p.pools()
	p.answers()
	p.title("assumed")
	for _, a := range assumed {
		p.text(label(a.name), a.text)
	}
	p.uncertain()
}

func (p page) fluidity() {
	p.title("fluidity-index", "mean", "attained", "p1")
	for _, reading := range []struct{ name, key string }{{"reset", "reset"}, {"no-reset", "no_reset"}, {"per-token", "per_token"}} {
		p1 := ""
		if reading.name == p.report.Text("fluidity.index") {
			p1 = show(p.report, "fluidity.p1")
		}
		p.row(reading.name, show(p.report, "fluidity."+reading.key+"_mean"), p.share("fluidity."+reading.key+"_attainment"), p1)
	}
	p.text(label("deadlines"), fmt.Sprintf("%s met; %s missed by first tokens, %s by later ones; longest stall %s ms",
		show(p.report, "fluidity.fluid_tokens"), show(p.report, "fluidity.missed_first_token"),
		show(p.report, "fluidity.missed_decode"), show(p.report, "fluidity.longest_stall_ms")))
	p.text(label("token rate"), fmt.Sprintf("%s tokens/s (fluid); 1/mean TPOT %s, 1/P99 TBT %s",
		show(p.report, "fluidity.token_rate_per_s"), show(p.report, "fluidity.tpot_rate_per_s"),
		show(p.report, "fluidity.tail_tbt_rate_per_s")))
}

func (p page) latency() {
	stats := []string{"mean", "p50", "p90", "p99"}
	heads := slices.Clone(stats)
	for i := range heads {
		heads[i] = p.within(heads[i], "")
	}
	p.title("latency (ms)", heads...)
	for _, l := range []struct{ name, key string }{
		{"TTFT", "ttft_ms"}, {"TBT", "tbt_ms"}, {"TPOT", "tpot_ms"}, {"E2E", "e2e_ms"},
		{"scheduling delay", "scheduling_delay_ms"}, {"per output token", "normalized_ms_per_token"},
	} {
		var cells []string
		for _, stat := range stats {
			cells = append(cells, p.within(show(p.report, "latency."+l.key+"."+stat), p.off(strings.TrimSuffix(l.key, "_ms"), stat)))
		}
		p.row(l.name, cells...)
	}
}

func (p page) throughput() {
	p.title("throughput")
	var outcomes []string
	for _, outcome := range []string{"arrived", "finished", "rejected", "failed", "shed"} {
		outcomes = append(outcomes, show(p.report, "requests."+outcome)+" "+outcome)
	}
	p.text(label("requests"), strings.Join(outcomes, ", "))
	p.causes()
	p.text(label("duration"), show(p.report, "throughput.duration_s")+" s")
	p.text(label("rate"), show(p.report, "throughput.requests_per_s")+" requests/s, "+
		show(p.report, "throughput.output_tokens_per_s")+" output tokens/s")
}

// resources tells what replicas did, as far as any did anything, and what became of them.
func (p page) resources() {
	_, ran := p.report.Lookup("kv_cache.mean_share")
	if ran || len(members(p.report, "fleet")) > 0 {
		p.title("resources")
	}
	if ran {
		p.used()
	}
	p.transfers()
	p.fleet()
}

func (p page) used() {
	p.text(label("KV cache"), p.share("kv_cache.mean_share")+" mean, "+p.share("kv_cache.peak_share")+" peak")
	p.text(label("preemptions"), show(p.report, "requests.preemptions"))
	p.text(label("batch"), show(p.report, "batch.sequences.mean")+" sequences mean, "+show(p.report, "batch.running.max")+" at most")
	p.text(label("energy"), p.list("energy.joules_per_output_token", "J per output token", "energy.mean_power_w", "W mean"))
	p.text(label("cost"), p.list("cost.per_million_output_tokens", "per million output tokens", "cost.per_million_fluid_tokens", "per million fluid ones"))
}

// list returns figures with their units, given key by key, or that all are missing.
func (p page) list(keysAndUnits ...string) string {
	var known []string
	for i := 0; i < len(keysAndUnits); i += 2 {
		if text := show(p.report, keysAndUnits[i]); text != missing {
			known = append(known, text+" "+keysAndUnits[i+1])
		}
	}
	if known == nil {
		return missing
	}
	return strings.Join(known, ", ")
}

func (p page) share(key string) string {
	if x, ok := p.report.Lookup(key); ok {
		return percent(x)
	}
	return missing
}

// title begins a part of the report, with the heads of its columns.
func (p page) title(name string, columns ...string) {
	fmt.Fprintln(p.out)
	p.line(fmt.Sprintf("%-18s", name), columns)
}

// row prints the figures of a line.
func (p page) row(name string, cells ...string) { p.line(label(name), cells) }

func (p page) line(head string, cells []string) {
	for _, cell := range cells {
		head += fmt.Sprintf("%12s", cell)
	}
	fmt.Fprintln(p.out, strings.TrimRight(head, " "))
}

func label(name string) string { return fmt.Sprintf("  %-18s", name) }

// text prints words after a label, over as many lines as they take.
func (p page) text(label, words string) {
	line, indent := label, strings.Repeat(" ", utf8.RuneCountInString(label))
	empty := true
	for word := range strings.FieldsSeq(words) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			fmt.Fprintln(p.out, line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	fmt.Fprintln(p.out, line)
}

// group prints all figures of a group, as they are named in JSON.
func (p page) group(name string) {
	p.title(name)
	for _, row := range p.report.Rows {
		if row.Group == name {
			p.text(fmt.Sprintf("  %-28s", strings.TrimPrefix(row.Key(), name+".")), show(p.report, row.Key()))
		}
	}
}
