package workloads

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// randomTenants draws open loops, closed loops and sessions of several tenants.
func randomTenants(t *testing.T, seed uint64) Tenants {
	rng := rand.New(rand.NewPCG(seed, 41))
	var all Tenants
	for i := range 1 + rng.IntN(4) {
		s := Spec{
			Prompt: LengthSpec{Distribution: "uniform", Min: ptr(1), Max: ptr(900)},
			Output: LengthSpec{Distribution: "uniform", Min: ptr(1), Max: ptr(90)}, Requests: ptr(1 + rng.IntN(60)),
		}
		switch rng.IntN(4) {
		case 0:
			s.Arrivals = ArrivalSpec{Process: "closed-loop", Users: ptr(1 + rng.IntN(5)), Think: ptr(time.Duration(rng.IntN(3)) * time.Second)}
		case 1:
			s.Sessions = SessionSpec{Turns: ptr(1 + rng.IntN(4)), Think: ptr(time.Duration(rng.IntN(3)) * time.Second)}
		case 2:
			s.SystemPrompt = SystemPromptSpec{Tokens: ptr(100), Count: ptr(3)}
		}
		if s.Arrivals.Process == "" {
			s.Arrivals = ArrivalSpec{Process: []string{"constant", "poisson"}[rng.IntN(2)], Rate: ptr(1 + 9*rng.Float64())}
		}
		name := fmt.Sprint("tenant ", i)
		w := open(t, s, Options{Seed: TenantSeed(seed, name)})
		all = append(all, Tenant{name, time.Duration(rng.IntN(4)) * time.Second, w})
	}
	return all
}

// play serves a source: a reply takes as long as its tokens tell. It returns the
// requests as they were sent.
func play(t *testing.T, source Source) (all []Request) {
	clients, _ := source.(Conversation)
	next, more := source.Next()
	var inFlight, waiting []Request // waiting: follow-ups to be sent; both by time
	end := func(r Request) time.Duration {
		return r.Arrival + time.Duration(r.PromptTokens+7*r.OutputTokens)*time.Millisecond
	}
	send := func(r Request) {
		all = append(all, r)
		inFlight = append(inFlight, r)
		slices.SortFunc(inFlight, func(a, b Request) int { return cmp.Or(cmp.Compare(end(a), end(b)), cmp.Compare(a.ID, b.ID)) })
	}
	for more || len(inFlight)+len(waiting) > 0 {
		switch {
		case len(inFlight) > 0 && (!more || end(inFlight[0]) <= next.Arrival) && (len(waiting) == 0 || end(inFlight[0]) <= waiting[0].Arrival):
			r := inFlight[0]
			inFlight = inFlight[1:]
			if clients == nil {
				continue
			}
			if f, ok := clients.FollowUp(r, end(r)); ok {
				waiting = append(waiting, f)
				slices.SortFunc(waiting, func(a, b Request) int {
					return cmp.Or(cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.ID, b.ID))
				})
			}
		case len(waiting) > 0 && (!more || waiting[0].Arrival < next.Arrival):
			send(waiting[0])
			waiting = waiting[1:]
		default:
			send(next)
			next, more = source.Next()
		}
	}
	if err := failure(source); err != nil {
		t.Fatal(err)
	}
	return all
}

// own returns the requests of a tenant, as its workload times them, without
// numbers: those tell when a source was asked, not what it said.
func own(all []Request, tenant Tenant, rank int) (own []Request) {
	for _, r := range all {
		if r.Tenant != tenant.Name {
			continue
		}
		r.ID, r.Tenant = 0, ""
		r.Arrival -= tenant.Start
		if r.Prefix != nil {
			p := Prefix{Segments: slices.Clone(r.Prefix.Segments)}
			for i := range p.Segments {
				p.Segments[i].Stream -= uint64(rank) << tenantBits
			}
			r.Prefix = &p
		}
		own = append(own, r)
	}
	slices.SortStableFunc(own, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.PromptTokens, b.PromptTokens))
	})
	return own
}

func source(t *testing.T, w interface{ Source() (Source, error) }) Source {
	t.Helper()
	s, err := w.Source()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each tenant sends what it would send alone, as far as its replies take as long.
func TestTenantsDoNotChangeEachOthersRequests(t *testing.T) {
	for seed := range uint64(300) {
		tenants := randomTenants(t, seed)
		all := play(t, source(t, tenants))
		for i, r := range all {
			if i > 0 && r.Arrival < all[i-1].Arrival {
				t.Fatalf("seed %d: request %d arrives before the one sent before it", seed, r.ID)
			}
		}
		ids := map[int]bool{}
		for rank, tenant := range tenants {
			alone := play(t, source(t, Tenants{tenant}))
			got, want := own(all, tenant, rank), own(alone, tenant, 0)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: of %d tenants, %q sends\n%v, alone\n%v", seed, len(tenants), tenant.Name, got, want)
			}
		}
		for _, r := range all {
			ids[r.ID] = true
		}
		if len(ids) != len(all) || len(all) > 0 && !ids[len(all)-1] {
			t.Fatalf("seed %d: %d requests have %d numbers", seed, len(all), len(ids))
		}
	}
}

func TestOpenLoopsOfTenantsAreNumberedInOrderOfArrival(t *testing.T) {
	for seed := range uint64(100) {
		tenants := randomTenants(t, seed)
		if tenants.Closed() {
			continue
		}
		for i, r := range play(t, source(t, tenants)) {
			if r.ID != i {
				t.Fatalf("seed %d: request %d has number %d", seed, i, r.ID)
			}
		}
	}
}

// A tenant alone sends what its workload does.
func TestOneTenantIsItsWorkload(t *testing.T) {
	for seed := range uint64(100) {
		tenant := randomTenants(t, seed)[0]
		tenant.Start = 0
		got, want := play(t, source(t, Tenants{tenant})), play(t, source(t, tenant.Workload))
		for i := range want {
			want[i].Tenant = tenant.Name
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %v, without a tenant %v", seed, got, want)
		}
	}
}

func TestTenantsShareNoTokens(t *testing.T) {
	of := map[uint64]string{}
	for _, r := range play(t, source(t, Tenants{shared(t, "a"), shared(t, "b"), shared(t, "c")})) {
		for _, s := range r.Prefix.Segments {
			if name, taken := of[s.Stream]; taken && name != r.Tenant {
				t.Fatalf("tenants %q and %q both have the stream %#x", name, r.Tenant, s.Stream)
			}
			of[s.Stream] = r.Tenant
		}
	}
	if len(of) < 3*3 {
		t.Errorf("only %d streams", len(of))
	}
}

// shared returns a tenant with sessions that begin with shared prompts.
func shared(t *testing.T, name string) Tenant {
	s := lengths(10, 5)
	s.SystemPrompt = SystemPromptSpec{Tokens: ptr(100), Count: ptr(2)}
	s.Sessions = SessionSpec{Turns: ptr(2)}
	s.Requests = ptr(40)
	return Tenant{Name: name, Workload: open(t, s, Options{Seed: TenantSeed(1, name)})}
}

func TestSurveyOfTenantsIsThatOfTheirRequests(t *testing.T) {
	for seed := range uint64(100) {
		tenants := randomTenants(t, seed)
		if tenants.Closed() {
			continue // lengths belong to requests in the order in which they are sent
		}
		got, each, err := tenants.Survey()
		if err != nil {
			t.Fatal(err)
		}
		var want Survey
		for _, r := range play(t, source(t, tenants)) {
			want.add(r)
		}
		first := tenants[0].Start
		for _, tenant := range tenants {
			first = min(first, tenant.Start)
		}
		want.Counted = true
		want.Span -= first
		if !reflect.DeepEqual(got, want) || len(each) != len(tenants) {
			t.Fatalf("seed %d: survey %+v, requests %+v", seed, got, want)
		}
	}
}

func TestSharedRequestsLastAlike(t *testing.T) {
	light, heavy := lengths(1, 1), lengths(1, 1)
	light.Arrivals.Rate, heavy.Arrivals.Rate = ptr(1.0), ptr(19.0)
	bounded := lengths(1, 1)
	bounded.Duration = ptr(time.Minute)
	ShareRequests([]*Spec{&light, &bounded, &heavy}, 2000)
	if *light.Requests != 100 || *heavy.Requests != 1900 || bounded.Requests != nil {
		t.Errorf("%d, %d and %v requests", *light.Requests, *heavy.Requests, bounded.Requests)
	}
}
