package metrics

import (
	"strconv"
	"time"
)

// A Set is a Recorder that shows what happens to every registered metric. It
// serves one goroutine; the sets of several are merged at the end.
type Set struct {
	options    Options
	metrics    []Metric
	iterations []IterationObserver
	requests   []RequestObserver
	transfers  []TransferObserver
	fleets     []FleetObserver
	standings  []StandingObserver
	score      Score

	slos    []SLO          // that requests are held to; first that of all who have none of their own
	tenants map[string]int // the place among them of announced tenants
}

// New returns a set of all registered metrics. The SLO must be valid.
func New(o Options) *Set {
	if o.Service.Prompt == 0 && o.Service.Output == 0 {
		o.Service.Prompt, o.Service.Output = 1, 2
	}
	s := &Set{options: o, slos: []SLO{o.SLO}, tenants: map[string]int{}}
	for _, t := range o.Tenants {
		s.tenants[t.Name] = len(s.slos)
		s.slos = append(s.slos, t.SLO)
	}
	for _, e := range registry {
		s.Add(e.make(o))
	}
	return s
}

// Add adds a metric that is not registered. Sets that are merged must have been
// added to alike.
func (s *Set) Add(m Metric) {
	s.metrics = append(s.metrics, m)
	if o, ok := m.(IterationObserver); ok {
		s.iterations = append(s.iterations, o)
	}
	if o, ok := m.(RequestObserver); ok {
		s.requests = append(s.requests, o)
	}
	if o, ok := m.(FleetObserver); ok {
		s.fleets = append(s.fleets, o)
	}
	if o, ok := m.(StandingObserver); ok {
		s.standings = append(s.standings, o)
	}
	if o, ok := m.(TransferObserver); ok {
		s.transfers = append(s.transfers, o)
	}
}

// Iteration implements Recorder.
func (s *Set) Iteration(it *Iteration) {
	for _, m := range s.iterations {
		m.Iteration(it)
	}
}

// Finished implements Recorder.
func (s *Set) Finished(c *Completion) {
	tenant := s.tenants[c.Request.Tenant]
	slo := &s.slos[tenant]
	s.score.read(c, slo.TBT)
	s.score.slo, s.score.tenant = slo, tenant
	for _, m := range s.requests {
		m.Finished(c, &s.score)
	}
}

// Fleet implements FleetObserver.
func (s *Set) Fleet(at time.Duration, pool, delta int) {
	for _, m := range s.fleets {
		m.Fleet(at, pool, delta)
	}
}

// Standing implements StandingObserver.
func (s *Set) Standing(x *Standing) {
	for _, m := range s.standings {
		m.Standing(x)
	}
}

// Transfer implements TransferObserver.
func (s *Set) Transfer(t *Transfer) {
	for _, m := range s.transfers {
		m.Transfer(t)
	}
}

// Merge adds what another set, made with the same options, has seen. The other
// is of no use then.
func (s *Set) Merge(o *Set) {
	for i, m := range s.metrics {
		m.Merge(o.metrics[i])
	}
}

// Report returns what the metrics have to say. The set may go on recording.
func (s *Set) Report() *Report {
	r := new(Report)
	for _, m := range s.metrics {
		r.Rows = append(r.Rows, m.Rows()...)
		if w, ok := m.(Warner); ok {
			r.Warnings = append(r.Warnings, w.Warnings()...)
		}
	}
	r.Rows = append(r.Rows, s.assumptions()...)
	r.sort()
	return r
}

// assumptions returns the rows that say what deadlines were set by.
func (s *Set) assumptions() []Row {
	slo := s.options.SLO
	rows := []Row{
		{"fluidity", "d_d_ms", "", ms(slo.TBT)},
		{"fluidity", "ttft_slack_ms", "", ms(slo.TTFTSlack)},
		{"slo", "fluidity", "", slo.Fluidity.Float()},
		{"slo", "attainment", "", slo.Attainment.Float()},
		{"slo", "warmup_s", "", seconds(s.options.Warmup)},
	}
	if s.options.Reference != "" {
		rows = append(rows, Row{"slo", "reference", "", s.options.Reference})
	}
	if p := s.options.Prefill; p != nil {
		for _, n := range shownPrompts {
			rows = append(rows, Row{"slo", "prefill_ms", strconv.Itoa(n), ms(p(n))})
		}
	}
	return rows
}

// shownPrompts are the lengths of the prompts whose lone time to first token
// reports show, in tokens.
var shownPrompts = [...]int{128, 1024, 8192}

// ms returns a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// seconds returns the float64 nearest to a duration in seconds.
func seconds(d time.Duration) float64 { return float64(d) / 1e9 }
