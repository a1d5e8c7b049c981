package sim

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"metronome/scheduler"
	"metronome/workloads"
)

// The experiments with two clients of VTC (arXiv 2401.00588, section 5.2): equal
// requests on a replica that serves some forty of them per second.
const (
	clientPrompt, clientReply = 128, 64
	clientSlots, clientBudget = 16, 512
)

// send returns the requests of a client that sends at a rate between two times.
func send(tenant string, perSecond int, from, to time.Duration) (all []workloads.Request) {
	for at := from; at < to; at += time.Second / time.Duration(perSecond) {
		all = append(all, workloads.Request{Arrival: at, Tenant: tenant, PromptTokens: clientPrompt, OutputTokens: clientReply})
	}
	return all
}

// serveClients serves requests under vtc with some weights, or first come, first
// served if there are none.
func serveClients(t *testing.T, weights map[string]float64, lift bool, requests ...[]workloads.Request) *service {
	t.Helper()
	all := slices.Concat(requests...)
	slices.SortStableFunc(all, func(a, b workloads.Request) int { return cmp.Compare(a.Arrival, b.Arrival) })
	for i := range all {
		all[i].ID = i
	}
	s := new(service)
	c := benchConfig("vllm", clientBudget, clientSlots, &list{all}, s)
	if weights != nil {
		c.Pools[0].Policy = func() scheduler.Policy {
			kind, _ := scheduler.Lookup("vtc")
			p := kind.New(scheduler.Limits{TokenBudget: clientBudget, LongestChunk: clientBudget, Weights: weights}).(*scheduler.VTC)
			p.Lift = lift
			return p
		}
	}
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return s
}

// longestWait returns how long requests of a tenant wait for admission, at most.
func (s *service) longestWait(tenant string) (longest time.Duration) {
	for _, r := range s.ended {
		if r.Tenant == tenant {
			longest = max(longest, r.Admitted-r.Arrival)
		}
	}
	return longest
}

// until returns the service that a tenant has got by the last plan that is made
// before a time.
func (s *service) until(tenant string, t time.Duration) float64 {
	got, _, _ := s.of(tenant)
	at, _ := slices.BinarySearch(s.plans, t)
	return float64(got[at-1])
}

var equal = map[string]float64{"light": 1, "heavy": 1}

// clientBound is 2U of two clients of the given weight.
func clientBound(weight float64) float64 {
	return 2 * (clientPrompt + 2*clientSlots*clientReply) / weight
}

// A client that asks for less than its share waits no longer than for a slot,
// however much another asks for. First come, first served, it starves.
func TestAnOverloadedClientStarvesALightOneUnlessServiceIsCounted(t *testing.T) {
	light, heavy := send("light", 5, 0, 20*time.Second), send("heavy", 80, 0, 20*time.Second)
	fcfs, vtc := serveClients(t, nil, true, light, heavy), serveClients(t, equal, true, light, heavy)
	alone := serveClients(t, equal, true, light)

	slot := 700 * time.Millisecond // a reply of a full batch takes that long, and somebody always ends earlier
	if got := vtc.longestWait("light"); got > slot || alone.longestWait("light") > slot {
		t.Errorf("under vtc the light client waits %v, alone %v (a slot is free after %v)", got, alone.longestWait("light"), slot)
	}
	if got := fcfs.longestWait("light"); got < 10*time.Second {
		t.Errorf("first come, first served, the light client waits only %v", got)
	}
	a, b := fcfs.plans[len(fcfs.plans)-1], vtc.plans[len(vtc.plans)-1]
	if ratio := b.Seconds() / a.Seconds(); ratio > 1.01 {
		t.Errorf("vtc takes %.3f times as long for the same work", ratio)
	}
}

// Two clients that both ask for more than there is get equal service, to within
// the bound; first come, first served, the one that asks for more gets more.
func TestTwoOverloadedClientsAreServedAlike(t *testing.T) {
	light, heavy := send("light", 30, 0, 20*time.Second), send("heavy", 120, 0, 20*time.Second)
	if gap := serveClients(t, equal, true, light, heavy).gap("light", "heavy", equal); gap > clientBound(1) {
		t.Errorf("services drift apart by %v under vtc, the bound is %v", gap, clientBound(1))
	}
	if gap := serveClients(t, nil, true, light, heavy).gap("light", "heavy", equal); gap < 10*clientBound(1) {
		t.Errorf("services drift apart by only %v first come, first served; the bound of vtc is %v", gap, clientBound(1))
	}
}

// Of two clients that both ask for more than there is, one of twice the weight
// gets twice the service.
func TestServiceOfOverloadedClientsIsAsTheirWeights(t *testing.T) {
	weights := map[string]float64{"light": 2, "heavy": 1}
	s := serveClients(t, weights, true, send("light", 60, 0, 20*time.Second), send("heavy", 120, 0, 20*time.Second))
	a, b := s.until("light", 20*time.Second), s.until("heavy", 20*time.Second)
	if ratio := a / b; ratio < 1.95 || ratio > 2.05 {
		t.Errorf("services of %v and %v, %.3f to 1 (must be 2 to 1)", a, b, ratio)
	}
	if gap := s.gap("light", "heavy", weights); gap > (clientBound(2)+clientBound(1))/2 {
		t.Errorf("services over weights drift apart by %v", gap)
	}
}

// A client that comes back shares with those that are there. If its counter is not
// lifted, it is served alone until it has caught up with what it never asked for.
func TestAClientThatComesBackHasNoClaim(t *testing.T) {
	light := slices.Concat(send("light", 1, 0, time.Second), send("light", 80, 10*time.Second, 20*time.Second))
	heavy := send("heavy", 80, 0, 20*time.Second)
	if gap := serveClients(t, equal, true, light, heavy).gap("light", "heavy", equal); gap > clientBound(1) {
		t.Errorf("services drift apart by %v, the bound is %v", gap, clientBound(1))
	}
	if gap := serveClients(t, equal, false, light, heavy).gap("light", "heavy", equal); gap < 10*clientBound(1) {
		t.Errorf("services drift apart by only %v though the counter is not lifted; the bound is %v", gap, clientBound(1))
	}
}
