package sim

import "slices"

// tenantWeights are the weights of the tenants of random settings; others have 1.
var tenantWeights = map[string]float64{"a": 2, "b": 0.5}

// served is what the oracle keeps for a policy that counts service.
type served struct {
	everyone []*visited // that the policy was ever told of
	lifted   map[string]float64
	latest   string // tenant of the sequence admitted last
}

// counter recounts the virtual token counter of a tenant.
func (o *oracle) counter(tenant string) float64 {
	tokens, weight := 0, 1.0
	for _, s := range o.everyone {
		if s.Tenant == tenant {
			tokens += 2 * len(s.Times)
			if s.Admitted >= 0 {
				tokens += s.PromptTokens
			}
		}
	}
	if w := tenantWeights[tenant]; w > 0 {
		weight = w
	}
	return o.lifted[tenant] + float64(tokens)/weight
}

// told notes that the policy learns of s, which may have been preempted. If its
// tenant has nobody else waiting, its counter is lifted.
func (o *oracle) told(s *visited) {
	if s.Preemptions == 0 {
		o.everyone = append(o.everyone, s)
	}
	if slices.ContainsFunc(o.waiting, func(w *visited) bool { return w.Tenant == s.Tenant }) {
		return
	}
	var levels []float64
	for _, w := range o.waiting {
		levels = append(levels, o.counter(w.Tenant))
	}
	if levels == nil && o.latest != "" {
		levels = []float64{o.counter(o.latest)}
	}
	if levels != nil {
		o.lifted[s.Tenant] += max(0, slices.Min(levels)-o.counter(s.Tenant))
	}
}

// leastServedFirst puts the first sequence of the tenant with the least counter
// at the front.
func (o *oracle) leastServedFirst() {
	first := map[string]*visited{}
	for _, s := range slices.Backward(o.waiting) {
		first[s.Tenant] = s
	}
	best := o.waiting[0]
	for tenant, s := range first {
		a, b := o.counter(tenant), o.counter(best.Tenant)
		if a < b || a == b && s.ID < best.ID {
			best = s
		}
	}
	at := slices.Index(o.waiting, best)
	o.waiting = slices.Insert(slices.Delete(o.waiting, at, at+1), 0, best)
}
