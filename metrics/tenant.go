package metrics

import "cmp"

// A Tenant is a client with a weight and an SLO of its own.
type Tenant struct {
	Name   string
	Weight float64 // of its service, relative to others; 0 is 1
	SLO    SLO
}

// SLOOf returns the SLO that the requests of a tenant are held to. It costs O(announced
// tenants).
func (o *Options) SLOOf(tenant string) SLO {
	for _, t := range o.Tenants {
		if t.Name == tenant {
			return t.SLO
		}
	}
	return o.SLO
}

// A tenant is what the requests of one got. Of an announced one it tells more.
type tenant struct {
	announced *Tenant
	weight    float64

	requests, served, attained int64
	service                    int64
	fluidity                   Sum // units
	ttft                       Sum // ns
	lane                       *lane
	*tails
}

// tails are the distributions that are kept of announced tenants alone: of some
// users there are very many.
type tails struct{ ttft, tbt Histogram }

// rows returns what there is to say of a tenant that got a share of all service.
func (t *tenant) rows(name string, all int64) []Row {
	row := func(stat string, value any) Row { return Row{"tenants", cmp.Or(name, "none"), stat, value} }
	rows := []Row{
		row("requests", t.requests),
		row("finished", t.served),
		row("service_tokens", t.service),
		row("service_share", part(float64(t.service), all)),
		row("fluidity_mean", part(t.fluidity.Float()/unit, t.requests)),
		row("attainment", part(float64(t.attained), t.requests)),
		row("ttft_mean_ms", part(t.ttft.Float()/1e6, t.served)),
	}
	if t.announced == nil {
		return rows
	}
	slo := &t.announced.SLO
	return append(rows,
		row("ttft_p50_ms", t.tails.ttft.percentileMS(p50)),
		row("ttft_p99_ms", t.tails.ttft.percentileMS(p99)),
		row("tbt_p99_ms", t.tails.tbt.percentileMS(p99)),
		row("holds", t.holds()),
		row("weight", t.weight),
		row("d_d_ms", ms(slo.TBT)),
		row("ttft_slack_ms", ms(slo.TTFTSlack)),
		row("fluidity_asked", slo.Fluidity.Float()),
		row("attainment_asked", slo.Attainment.Float()),
	)
}

// holds reports whether the SLO of an announced tenant holds, nil without requests.
func (t *tenant) holds() any {
	if t.requests == 0 {
		return nil
	}
	return t.announced.SLO.Attainment.Holds(t.attained, t.requests)
}

func (t *tenant) merge(o *tenant) {
	t.requests += o.requests
	t.served += o.served
	t.attained += o.attained
	t.service += o.service
	t.fluidity.Merge(o.fluidity)
	t.ttft.Merge(o.ttft)
	t.lane.merge(o.lane)
	if t.tails != nil {
		t.tails.ttft.Merge(&o.tails.ttft)
		t.tails.tbt.Merge(&o.tails.tbt)
	}
}

// part returns a share of a whole, nil of nothing.
func part(x float64, whole int64) any {
	if whole == 0 {
		return nil
	}
	return x / float64(whole)
}

// percentileMS returns a percentile in ms, nil if nothing was recorded.
func (h *Histogram) percentileMS(p Ratio) any {
	if h.n == 0 {
		return nil
	}
	return h.Percentile(p) / 1e6
}
