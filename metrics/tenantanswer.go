package metrics

import "fmt"

// announced returns the names of the announced tenants that sent requests, and of
// those whose SLO does not hold, the one that misses it by most first.
func (r *Report) announced() (all, broken []string) {
	worst := 0.0
	for _, row := range r.Rows {
		held, known := row.Value.(bool)
		if row.Group != "tenants" || row.Stat != "holds" || !known {
			continue
		}
		all = append(all, row.Name)
		if held {
			continue
		}
		broken = append(broken, row.Name)
		got, asked := r.tenant(row.Name, "attainment"), r.tenant(row.Name, "attainment_asked")
		if short := asked - got; short > worst {
			worst = short
			last := len(broken) - 1
			broken[0], broken[last] = broken[last], broken[0]
		}
	}
	return all, broken
}

// tenant returns a figure of a tenant.
func (r *Report) tenant(name, stat string) float64 {
	v, _ := r.Lookup("tenants." + name + "." + stat)
	return v
}

// tenantsAnswer says whether the SLOs of announced tenants hold, with the figures
// of the one that misses its own by most.
func (r *Report) tenantsAnswer(all, broken []string) string {
	if len(broken) == 0 {
		asked, _ := r.Lookup("slo.attainment")
		attained, _ := r.Lookup("fluidity.attained")
		scored, _ := r.Lookup("fluidity.scored")
		verdict := fmt.Sprintf("The SLOs of all %d tenants hold", len(all))
		if !r.Holds() {
			verdict += ", but not that of the other requests"
		}
		return fmt.Sprintf("%s: %.0f of %.0f requests (%s %%) have the fluidity-index (%s) that is asked of them%s%s.",
			verdict, attained, scored, percent(attained/scored), r.Text("fluidity.index"), r.unservedClause(), r.rateClause(asked))
	}
	verdict := fmt.Sprintf("The SLOs of %d of %d tenants do not hold, least of all that of %s", len(broken), len(all), broken[0])
	if len(broken) == 1 {
		verdict = fmt.Sprintf("The SLO of %s does not hold (of %d tenants)", broken[0], len(all))
	}
	of := func(stat string) float64 { return r.tenant(broken[0], stat) }
	return fmt.Sprintf("%s: only %.0f of %.0f requests (%s %%) have a fluidity-index (%s) of at least %s with a token due every %s ms, and %s %% must.",
		verdict, of("attainment")*of("requests"), of("requests"), percent(of("attainment")), r.Text("fluidity.index"),
		short(of("fluidity_asked")), short(of("d_d_ms")), percent(of("attainment_asked")))
}
