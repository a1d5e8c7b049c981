package report

// Overlay joins the charts of several runs, a series for each run, where all runs
// have the chart.
func Overlay(names []string, runs []*Run) (all []Chart) {
	for _, q := range quantities {
		var of []Distribution
		for i, r := range runs {
			d := q.of(r)
			d.System = names[i]
			of = append(of, d)
		}
		if c := Distributions(q.name, q.words, of...); len(c.Series) == len(runs) {
			all = append(all, c)
		}
	}
	for _, l := range loads {
		if c := l.overlay(names, runs); len(c.Series) == len(runs) {
			all = append(all, c)
		}
	}
	colors := Colors(systemsOf(names, runs))
	for _, c := range all {
		for i := range c.Series {
			c.Series[i].Color = colors[i]
		}
	}
	return all
}

// overlay draws a kind of load of the runs that have it.
func (l loadKind) overlay(names []string, runs []*Run) Chart {
	c := Chart{Name: l.name, X: Axis{Label: "time (s)"}, Y: Axis{Label: l.label}}
	var peaks []string
	for i, r := range runs {
		if len(r.load.windows) == 0 || !l.known(r) {
			continue
		}
		s := l.over(r)
		s.Name = names[i]
		peaks = append(peaks, significantText(peak(s))+" with "+names[i])
		c.Series = append(c.Series, s)
	}
	c.Title = "Peak of " + l.label + ": " + listed(peaks)
	return c
}

// systemsOf returns what chooses the colours of runs.
func systemsOf(names []string, runs []*Run) (systems []string) {
	for i, r := range runs {
		if r.options.System != "" {
			systems = append(systems, r.options.System)
		} else {
			systems = append(systems, names[i])
		}
	}
	return systems
}
