package main

import (
	"fmt"

	"metronome/study"
)

// within returns a figure with what it may be off, which takes its room in all rows
// of a table in which any has one.
func (p page) within(text, off string) string {
	if p.report.Text("uncertainty.kind") == "" {
		return text
	}
	if text == missing {
		off = ""
	}
	return fmt.Sprintf("%s %-5s", text, off)
}

// off returns the percent by which a latency is likely to be off, "" if nobody knows.
func (p page) off(metric, stat string) string {
	off, known := p.report.Lookup("uncertainty." + metric + "_pct." + stat)
	switch {
	case !known:
		return ""
	case off >= 100:
		return "±>99%"
	}
	return fmt.Sprintf("±%.0f%%", off)
}

// uncertain tells what the percents beside latencies are.
func (p page) uncertain() {
	kind, share := p.report.Text("uncertainty.kind"), p.share("uncertainty.share")
	switch {
	case kind == "":
	case share == missing:
		p.text(label("uncertainty"), "unknown: "+kind)
	default:
		p.text(label("uncertainty"), fmt.Sprintf("±: %s of recordings that no fit had seen were off by less (%s); not overloaded, as clients see them; %s",
			share, kind, p.report.Text("uncertainty.source")))
	}
}

// band prints how far a rate may be off.
func (p page) band(b *study.RateBand) {
	if b != nil {
		p.text(label("uncertainty"), b.String()+" requests/s, with "+b.Reason())
	}
}
