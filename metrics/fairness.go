package metrics

import (
	"cmp"
	"maps"
	"slices"
)

func init() {
	Register("fairness", "service per tenant, Jain's index, and the largest service gap between backlogged tenants",
		func(o Options) Metric {
			return &fairness{options: o, tenants: map[string]*tenant{}}
		})
}

// fairness tells how alike tenants fare. Service is weighted tokens, as in VTC
// (arXiv 2401.00588): a prompt counts at the first token, output tokens evenly
// from the first to the last. Completions tell when a request waited, not whether
// its tenant always had one waiting: see timeline.largestGap.
type fairness struct {
	options  Options
	tenants  map[string]*tenant
	timeline timeline
}

// A tenant is what the requests of one got.
type tenant struct {
	requests, served int64
	service          int64
	fluidity         Sum // units
	ttft             Sum // ns
	lane             *lane
}

func (m *fairness) tenant(name string) *tenant {
	t := m.tenants[name]
	if t == nil {
		t = &tenant{lane: m.timeline.lane()}
		m.tenants[name] = t
	}
	return t
}

// Finished implements RequestObserver.
func (m *fairness) Finished(c *Completion, s *Score) {
	if c.Request.Arrival < m.options.Warmup {
		return
	}
	t := m.tenant(c.Request.Tenant)
	t.requests++
	t.fluidity.Add(share(s.Fluidity(m.options.SLO.Index)), 1)
	if !s.Served {
		return
	}
	t.served++
	t.ttft.Add(int64(c.First()-c.Request.Arrival), 1)
	m.serve(t, c)
}

func (m *fairness) serve(t *tenant, c *Completion) {
	prompt := int64(m.options.Service.Prompt) * int64(c.Request.PromptTokens)
	output := int64(m.options.Service.Output) * int64(c.Tokens())
	t.service += prompt + output

	queued := c.Admitted
	if m.options.Recorded {
		queued = c.First()
	}
	m.timeline.reach(c.Last())
	m.timeline.wait(t.lane, c.Request.Arrival, queued)
	m.timeline.spread(&t.lane.service, c.First(), c.First(), prompt)
	m.timeline.spread(&t.lane.service, c.First(), c.Last(), output)
}

// Merge implements Metric.
func (m *fairness) Merge(o Metric) {
	f := o.(*fairness)
	m.timeline.align(&f.timeline)
	for name, from := range f.tenants {
		t := m.tenant(name)
		t.requests += from.requests
		t.served += from.served
		t.service += from.service
		t.fluidity.Merge(from.fluidity)
		t.ttft.Merge(from.ttft)
		t.lane.merge(from.lane)
	}
}

// Rows implements Metric.
func (m *fairness) Rows() []Row {
	names := slices.Sorted(maps.Keys(m.tenants))
	var fluidity, ttft, service []float64
	var each []Row
	for _, name := range names {
		t := m.tenants[name]
		fluidity = append(fluidity, t.fluidity.Float()/unit/float64(t.requests))
		service = append(service, float64(t.service))
		if t.served > 0 {
			ttft = append(ttft, t.ttft.Float()/1e6/float64(t.served))
		}
		if len(names) > 1 {
			each = append(each, t.rows(cmp.Or(name, "none"))...)
		}
	}
	return append([]Row{
		{"fairness", "tenants", "", int64(len(names))},
		{"fairness", "jain_fluidity", "", jain(fluidity)},
		{"fairness", "jain_ttft", "", jain(ttft)},
		{"fairness", "jain_service", "", jain(service)},
		{"fairness", "largest_service_gap_tokens", "", m.largestGap()},
	}, each...)
}

func (t *tenant) rows(name string) []Row {
	var ttft any
	if t.served > 0 {
		ttft = t.ttft.Float() / 1e6 / float64(t.served)
	}
	return []Row{
		{"tenants", name, "requests", t.requests},
		{"tenants", name, "finished", t.served},
		{"tenants", name, "service_tokens", t.service},
		{"tenants", name, "fluidity_mean", t.fluidity.Float() / unit / float64(t.requests)},
		{"tenants", name, "ttft_mean_ms", ttft},
	}
}

// comparedTenants bounds the pairs whose service is compared.
const comparedTenants = 32

// largestGap compares the tenants with the most requests in pairs.
func (m *fairness) largestGap() any {
	if len(m.tenants) < 2 {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(m.tenants), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.tenants[b].requests, m.tenants[a].requests), cmp.Compare(a, b))
	})
	names = names[:min(len(names), comparedTenants)]
	most := int64(0)
	for i, a := range names {
		for _, b := range names[:i] {
			most = max(most, m.timeline.largestGap(m.tenants[a].lane, m.tenants[b].lane))
		}
	}
	return most
}

// jain returns Jain's index of fairness: 1 if all are equal, 1/n if one has all;
// nil if there is nothing to share.
func jain(x []float64) any {
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += v
		squares += v * v
	}
	if squares == 0 {
		return nil
	}
	return sum * sum / (float64(len(x)) * squares)
}
