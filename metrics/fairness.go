package metrics

import (
	"cmp"
	"maps"
	"slices"
)

func init() {
	Register("fairness", "service per tenant, Jain's index, and the largest service gap between backlogged tenants", newFairness)
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

func newFairness(o Options) Metric {
	m := &fairness{options: o, tenants: map[string]*tenant{}}
	for i := range o.Tenants {
		t := m.tenant(o.Tenants[i].Name)
		t.announced, t.weight, t.tails = &o.Tenants[i], cmp.Or(o.Tenants[i].Weight, 1), new(tails)
	}
	return m
}

func (m *fairness) tenant(name string) *tenant {
	t := m.tenants[name]
	if t == nil {
		t = &tenant{weight: 1, lane: m.timeline.lane()}
		m.tenants[name] = t
	}
	return t
}

// Finished implements RequestObserver.
func (m *fairness) Finished(c *Completion, s *Score) {
	if s.tenant > 0 {
		c.gaps(m.options.Warmup, &m.tenants[c.Request.Tenant].tails.tbt)
	}
	if c.Request.Arrival < m.options.Warmup {
		return
	}
	t := m.tenant(c.Request.Tenant)
	t.requests++
	met, total := s.Fluidity(s.slo.Index)
	t.fluidity.Add(share(met, total), 1)
	if s.slo.Fluidity.Holds(met, total) {
		t.attained++
	}
	if !s.Served {
		return
	}
	t.served++
	t.ttft.Add(int64(c.First()-c.Request.Arrival), 1)
	if t.tails != nil {
		t.tails.ttft.Record(c.First() - c.Request.Arrival)
	}
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
		m.tenant(name).merge(from)
	}
}

// Rows implements Metric.
func (m *fairness) Rows() []Row {
	var fluidity, ttft, service []float64
	all, tenants := int64(0), int64(0)
	for _, name := range m.names() {
		t := m.tenants[name]
		all += t.service
		if t.requests == 0 {
			continue
		}
		tenants++
		fluidity = append(fluidity, t.fluidity.Float()/unit/float64(t.requests))
		service = append(service, float64(t.service)/t.weight)
		if t.served > 0 {
			ttft = append(ttft, t.ttft.Float()/1e6/float64(t.served))
		}
	}
	rows := []Row{
		{"fairness", "tenants", "", tenants},
		{"fairness", "jain_fluidity", "", jain(fluidity)},
		{"fairness", "jain_ttft", "", jain(ttft)},
		{"fairness", "jain_service", "", jain(service)},
		{"fairness", "largest_service_gap_tokens", "", m.largestGap()},
	}
	if len(m.options.Tenants) == 0 && tenants < 2 {
		return rows
	}
	for _, name := range m.names() {
		rows = append(rows, m.tenants[name].rows(name, all)...)
	}
	return rows
}

// names returns the announced tenants in their order, then others sorted.
func (m *fairness) names() (names []string) {
	for _, t := range m.options.Tenants {
		names = append(names, t.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.tenants)) {
		if m.tenants[name].announced == nil {
			names = append(names, name)
		}
	}
	return names
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
	most := 0.0
	for i, a := range names {
		for _, b := range names[:i] {
			most = max(most, m.timeline.largestGap(m.tenants[a], m.tenants[b]))
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
