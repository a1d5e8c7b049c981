package scheduler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"metronome/workloads"
)

func route(t *testing.T, name string, spec RouterSpec) *teller {
	t.Helper()
	k, err := LookupRouter(name)
	if err != nil {
		t.Fatal(err)
	}
	return &teller{Router: k.New(spec, rand.New(rand.NewPCG(1, 2)))}
}

// stream returns a request that begins with the tokens of a stream.
func stream(id int, stream uint64) workloads.Request {
	p := &workloads.Prefix{Segments: []workloads.Segment{{Stream: stream, Tokens: 100}}}
	return workloads.Request{ID: id, PromptTokens: 200, Prefix: p}
}

func TestRoutersSpreadLoadAndStayInRange(t *testing.T) {
	for _, k := range Routers() {
		const replicas, requests = 7, 7000
		r, loads := route(t, k.Name, RouterSpec{}), make([]Load, replicas)
		for id := range requests {
			i := r.Route(workloads.Request{ID: id, PromptTokens: 10}, loads)
			if i < 0 || i >= replicas {
				t.Fatalf("%s picks replica %d of %d", k.Name, i, replicas)
			}
			loads[i].Waiting++
			loads[i].UsedBlocks++
		}
		for i := range loads {
			if n := loads[i].Waiting; n < requests/replicas/2 || n > requests/replicas*2 {
				t.Errorf("%s gives replica %d %d requests of %d that have nothing in common", k.Name, i, n, requests)
			}
		}
	}
}

func TestLeastLoadedKeepsCountsEqual(t *testing.T) {
	r, loads := route(t, "least-loaded", RouterSpec{}), make([]Load, 5)
	for id := range 1000 {
		loads[r.Route(workloads.Request{ID: id}, loads)].Running++
		least := slices.MinFunc(loads, func(a, b Load) int { return a.Running - b.Running }).Running
		most := slices.MaxFunc(loads, func(a, b Load) int { return a.Running - b.Running }).Running
		if most-least > 1 {
			t.Fatalf("after %d requests replicas have %d to %d", id+1, least, most)
		}
	}
}

// Of n balls in n bins, the fullest has about ln n / ln ln n, and only about
// ln ln n / ln 2 with two choices.
func TestTwoChoicesAreFarMoreEvenThanOne(t *testing.T) {
	const n = 10_000
	fullest := func(name string) (most int) {
		r, loads := route(t, name, RouterSpec{}), make([]Load, n)
		for id := range n {
			i := r.Route(workloads.Request{ID: id}, loads)
			loads[i].Waiting++
			most = max(most, loads[i].Waiting)
		}
		return most
	}
	one, two := fullest("random"), fullest("power-of-two")
	if one < 6 || two > 4 {
		t.Errorf("the fullest of %d has %d by one choice and %d by two", n, one, two)
	}
}

func TestWeightsAreKept(t *testing.T) {
	r, loads := route(t, "weighted", RouterSpec{Weights: []int{1, 2, 5}}), make([]Load, 3)
	counts := [3]int{}
	for id := range 800 {
		counts[r.Route(workloads.Request{ID: id}, loads)]++
	}
	if counts != [3]int{100, 200, 500} {
		t.Errorf("weights 1, 2 and 5 get %v of 800", counts)
	}
}

func TestAffinityHoldsUntilTheCap(t *testing.T) {
	for _, name := range []string{"prefix-affinity", "session-affinity"} {
		r, loads := route(t, name, RouterSpec{}), make([]Load, 8)
		for s := range uint64(50) {
			first := r.Route(stream(0, s), loads)
			for id := range 10 {
				if i := r.Route(stream(id, s), loads); i != first {
					t.Fatalf("%s sends stream %d to replicas %d and %d", name, s, first, i)
				}
			}
		}
	}
	r, loads := route(t, "prefix-affinity", RouterSpec{}), make([]Load, 8)
	for id := range 800 {
		loads[r.Route(stream(id, 1), loads)].Running++
	}
	for i := range loads {
		if loads[i].Running > 126 {
			t.Errorf("replica %d has %d of 800 that begin alike, above 1.25 times the mean", i, loads[i].Running)
		}
	}
}

func TestPrefixCacheRouterFindsTheTokens(t *testing.T) {
	loads := make([]Load, 4)
	for i := range loads {
		loads[i].Cache = NewCache(100, 16)
		loads[i].Cache.KeepPrefixes()
	}
	b := NewBatch(loads[2].Cache, 10)
	s := new(Sequence)
	s.Reset(stream(0, 9))
	b.Admit(s)
	b.Prefill(s, 200)
	r := route(t, "prefix-cache", RouterSpec{})
	for id := range 3 {
		if i := r.Route(stream(id, 9), loads); i != 2 {
			t.Errorf("request %d goes to replica %d, though 2 holds its tokens", id, i)
		}
	}
	loads[2].Running = 10
	if i := r.Route(stream(4, 9), loads); i == 2 {
		t.Error("the cap of load is not kept")
	}
}

func TestRouterSpecsRefuseWhatTheyCannotUse(t *testing.T) {
	half := 0.5
	for _, s := range []RouterSpec{
		{Policy: "nearest"},
		{Policy: "round-robin", Weights: []int{1}},
		{Policy: "prefix-affinity", LoadCap: &half},
		{Policy: "weighted", Weights: []int{1, 0}},
	} {
		if err := s.Validate(); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
	if err := (RouterSpec{Policy: "weighted", Weights: []int{1, 2}}).Fit(3); err == nil {
		t.Error("two weights are accepted for three replicas")
	}
}
