package sim

import (
	"context"
	"slices"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// A service is what a run gives to tenants, and who waits, plan by plan.
type service struct {
	plans []time.Duration // when iterations start
	ended []ended
}

type ended struct {
	workloads.Request
	life
}

func (s *service) Iteration(it *metrics.Iteration) { s.plans = append(s.plans, it.Start) }

func (s *service) Finished(c *metrics.Completion) {
	s.ended = append(s.ended, ended{c.Request, life{c.Outcome, c.Admitted, slices.Concat(c.Own, c.Steps), c.Preemptions}})
}

// of returns the service that a tenant has got when each plan is made, as VTC
// counts it, and whether it has a request that waits before and after that plan.
func (s *service) of(tenant string) (got []int, before, after []bool) {
	n := len(s.plans)
	got, before, after = make([]int, n), make([]bool, n), make([]bool, n)
	since := func(t time.Duration, strictly bool) int {
		at, exact := slices.BinarySearch(s.plans, t)
		if exact && strictly {
			at++
		}
		return at
	}
	add := func(i, tokens int) {
		if i < n {
			got[i] += tokens
		}
	}
	for _, r := range s.ended {
		if r.Tenant != tenant || r.Outcome == metrics.Rejected {
			continue
		}
		add(since(r.Admitted, true), r.PromptTokens)
		for _, t := range r.Times {
			add(since(t, false), 2)
		}
		for i := since(r.Arrival, false); i < n && s.plans[i] <= r.Admitted; i++ {
			before[i] = true
			after[i] = after[i] || s.plans[i] < r.Admitted
		}
	}
	for i := 1; i < n; i++ {
		got[i] += got[i-1]
	}
	return got, before, after
}

// gap returns by how much the services of two tenants, over their weights, drift
// apart at most while both have requests that wait all the time.
func (s *service) gap(f, g string, weight map[string]float64) (most float64) {
	a, beforeA, afterA := s.of(f)
	b, beforeB, afterB := s.of(g)
	low, high := 0.0, 0.0
	for i := range s.plans {
		ahead := float64(a[i])/weight[f] - float64(b[i])/weight[g]
		if i == 0 || !beforeA[i] || !beforeB[i] || !afterA[i-1] || !afterB[i-1] {
			low, high = ahead, ahead
		}
		if beforeA[i] && beforeB[i] {
			low, high = min(low, ahead), max(high, ahead)
			most = max(most, high-low)
		}
	}
	return most
}

// Tenants that wait all the time get service that drifts apart by at most 2U
// (theorem 4.4 of arXiv 2401.00588), or by U of the one and of the other if weights
// differ. U is what a tenant may get after it was the least served of those that
// wait: a prompt, and what the sequences of a batch have left to produce.
func TestServiceOfWaitingTenantsDriftsApartByTheBoundOfVTC(t *testing.T) {
	weight := map[string]float64{"a": tenantWeights["a"], "b": tenantWeights["b"], "c": 1}
	closest, preemptions := 0.0, 0
	for seed := range settings() {
		c := randomSetting("vtc", seed)
		c.Timeout, c.Async, c.Requests = 0, false, 200
		c.Gap /= 20
		c.Slots = 1 + c.Slots%6
		s := new(service)
		if err := Run(context.Background(), c.config(s)); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		for _, r := range s.ended {
			preemptions += r.Preemptions
		}
		u := float64(c.MaxPrompt + 2*c.Slots*c.MaxOutput)
		for _, pair := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "c"}} {
			bound := u/weight[pair[0]] + u/weight[pair[1]]
			gap := s.gap(pair[0], pair[1], weight)
			if gap > bound {
				t.Fatalf("%+v: services of %v drift apart by %v, the bound is %v", c, pair, gap, bound)
			}
			closest = max(closest, gap/bound)
		}
	}
	t.Logf("the widest gap is %.2f of its bound; %d preemptions", closest, preemptions)
}
