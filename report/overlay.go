package report

import "slices"

// Overlay joins the charts of several runs, a series for each run, where all runs
// have the chart.
func Overlay(names []string, runs []*Run) (all []Chart) {
	for i, r := range runs {
		charts := r.Charts()
		if i == 0 {
			all = bare(charts)
		}
		all = slices.DeleteFunc(all, func(c Chart) bool { return find(charts, c.Name) < 0 })
		for k := range all {
			c := charts[find(charts, all[k].Name)]
			c.Series[0].Name, c.Series[0].Color = names[i], Color(i)
			all[k].X.Log = all[k].X.Log && c.X.Log
			all[k].Series = append(all[k].Series, c.Series[0])
		}
	}
	return all
}

// bare returns the charts without their series, titled by what they measure.
func bare(charts []Chart) []Chart {
	charts = slices.Clone(charts)
	for i := range charts {
		c := &charts[i]
		c.Title = c.Y.Label
		if c.Series[0].Mark == Line { // a distribution
			c.Title = c.X.Label
		}
		c.Series = nil
	}
	return charts
}

// find returns the place of the chart of a name, or -1.
func find(charts []Chart, name string) int {
	return slices.IndexFunc(charts, func(c Chart) bool { return c.Name == name })
}
