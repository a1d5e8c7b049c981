package main

import "fmt"

// answers prints how good and how dear answers were, where pools serve different
// models, and what better choices of a pool would have been worth.
func (p page) answers() {
	best := p.report.Text("answers.best_fixed")
	if best == "" {
		return
	}
	p.title("answers", "good", "$ per 1000", "best pool", "sent there")
	for _, name := range members(p.report, "classes") {
		key := "classes." + name + "."
		pool := p.report.Text(key + "oracle")
		p.row(name, p.share(key+"quality"), show(p.report, key+"dollars_per_thousand"), pool, p.share(key+"share_of_"+pool))
	}
	p.row("all", p.share("answers.quality"), show(p.report, "answers.dollars_per_thousand"), best)
	p.text(label("regret"), fmt.Sprintf("%s good answers against the best pool of each class, %s against %s for all",
		show(p.report, "answers.regret_oracle"), show(p.report, "answers.regret_best_fixed"), best))
}
