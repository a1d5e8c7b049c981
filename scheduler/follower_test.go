package scheduler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"metronome/workloads"
)

// A teller tells a router what has changed, as a cluster does.
type teller struct {
	Router
	before []Load
}

func (t *teller) Route(r workloads.Request, loads []Load) int {
	if f, ok := t.Router.(Follower); ok && t.before != nil {
		for i := range loads {
			if loads[i] != t.before[i] {
				f.Changed(loads, i)
			}
		}
	}
	t.before = append(t.before[:0], loads...)
	return t.Router.Route(r, loads)
}

// scanLeast looks at all loads, as Least need not.
type scanLeast struct {
	of   func(*Load) int
	turn int
}

func (s *scanLeast) Route(_ workloads.Request, loads []Load) int {
	best, least := -1, 0
	for i := range loads {
		at := (s.turn + i) % len(loads)
		if of := s.of(&loads[at]); !loads[at].Down && (best < 0 || of < least) {
			best, least = at, of
		}
	}
	s.turn = (best + 1) % len(loads)
	return best
}

// scanTotal returns the sequences of all replicas that are not down, and their number.
func scanTotal(loads []Load) (sequences, replicas float64) {
	for i := range loads {
		if !loads[i].Down {
			sequences += float64(loads[i].Sequences())
			replicas++
		}
	}
	return sequences, replicas
}

// scanPrefix looks into all caches.
type scanPrefix struct {
	cap  float64
	even scanLeast
}

func (s *scanPrefix) Route(r workloads.Request, loads []Load) int {
	sequences, replicas := scanTotal(loads)
	best, longest := -1, 0
	for i := range loads {
		if loads[i].Down || float64(loads[i].Sequences()) > s.cap*(sequences+1)/replicas {
			continue
		}
		if held := loads[i].Cache.Holds(r); held > longest {
			best, longest = i, held
		}
	}
	if best < 0 {
		return s.even.Route(r, loads)
	}
	return best
}

// scanAffinity counts all sequences for each request.
type scanAffinity struct{ Affinity }

func (s *scanAffinity) Route(r workloads.Request, loads []Load) int {
	if s.ring == nil {
		s.ring = newRing(len(loads))
	}
	sequences, replicas := scanTotal(loads)
	at := s.ring.find(s.Key(r))
	for !takes(&loads[s.ring[at].replica], math.Ceil(s.LoadCap*(sequences+1)/replicas)) {
		at = (at + 1) % len(s.ring)
	}
	return s.ring[at].replica
}

// scanRandom lists who is up for each request.
type scanRandom struct{ *rand.Rand }

func (s scanRandom) Route(_ workloads.Request, loads []Load) int {
	i := s.IntN(len(loads))
	if loads[i].Down {
		var up []int
		for at := range loads {
			if !loads[at].Down {
				up = append(up, at)
			}
		}
		i = up[s.IntN(len(up))]
	}
	return i
}

// scanWeighted gives every replica its weight for each request.
type scanWeighted struct {
	weights, credit []int
}

func (s *scanWeighted) Route(_ workloads.Request, loads []Load) int {
	if s.credit == nil {
		s.credit = make([]int, len(loads))
	}
	best, total := -1, 0
	for i := range loads {
		if loads[i].Down {
			continue
		}
		weight := 1
		if s.weights != nil {
			weight = s.weights[i]
		}
		s.credit[i] += weight
		total += weight
		if best < 0 || s.credit[i] > s.credit[best] {
			best = i
		}
	}
	s.credit[best] -= total
	return best
}

// someWeights returns weights for so many replicas: none, few different ones, or many.
func someWeights(replicas int, seed uint64) (weights []int) {
	r := rand.New(rand.NewPCG(seed, 3))
	most := []int{0, 3, 50, 1 << 20}[seed%4]
	for range replicas {
		if most > 0 {
			weights = append(weights, 1+r.IntN(most))
		}
	}
	return weights
}

// scanning returns what a router is compared with.
func scanning(name string, replicas int, seed uint64) Router {
	sequences := scanLeast{of: (*Load).Sequences}
	switch name {
	case "least-loaded":
		return &sequences
	case "least-kv":
		return &scanLeast{of: func(l *Load) int { return l.UsedBlocks }}
	case "prefix-cache":
		return &scanPrefix{1.5, sequences}
	case "prefix-affinity":
		return &scanAffinity{Affinity{Key: beginning, LoadCap: 1.25}}
	case "weighted":
		return &scanWeighted{weights: someWeights(replicas, seed)}
	}
	return scanRandom{rand.New(rand.NewPCG(seed, 2))}
}

// churn changes the loads of some replicas, and what is in their caches.
func churn(loads []Load, batches []*Batch, r *rand.Rand, id int) {
	for range r.IntN(4) {
		i := r.IntN(len(loads))
		l := &loads[i]
		l.Waiting, l.Running, l.UsedBlocks = r.IntN(3), r.IntN(4), r.IntN(4)
		if r.IntN(4) == 0 {
			l.Down = !l.Down
		}
		b := batches[i]
		if oldest := b.Newest(); oldest != nil && r.IntN(2) == 0 {
			b.Abort(oldest)
		}
		if r.IntN(15) == 0 {
			for b.Newest() != nil {
				b.Abort(b.Newest())
			}
			b.Forget()
		}
		s := new(Sequence)
		s.Reset(conversationOf(id, r))
		if b.Match(s); b.Fits(s, s.PromptTokens) {
			b.Admit(s)
			b.Prefill(s, s.Remaining())
			b.chunks = b.chunks[:0]
		}
		s.cached = s.PromptTokens
	}
	if !slices.ContainsFunc(loads, func(l Load) bool { return !l.Down }) {
		loads[r.IntN(len(loads))].Down = false
	}
}

// conversationOf returns a request that shares a system prompt with many, and the rest
// with some.
func conversationOf(id int, r *rand.Rand) workloads.Request {
	p := &workloads.Prefix{Segments: []workloads.Segment{
		{Stream: uint64(r.IntN(2)), Tokens: 40 + r.IntN(2)}, {Stream: 10 + uint64(r.IntN(9)), Tokens: 1 << 30},
	}}
	return workloads.Request{ID: id, PromptTokens: 1 + r.IntN(150), Prefix: p}
}

func TestRoutersThatFollowPickWhatScanningPicks(t *testing.T) {
	for _, name := range []string{"least-loaded", "least-kv", "prefix-cache", "prefix-affinity", "random", "weighted"} {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 1))
			loads, batches := make([]Load, 1+r.IntN(20)), []*Batch{}
			for i := range loads {
				loads[i].Cache = NewCache(30+r.IntN(40), 8<<r.IntN(2))
				loads[i].Cache.KeepPrefixes()
				batches = append(batches, NewBatch(loads[i].Cache, 1<<20))
			}
			k, err := LookupRouter(name)
			if err != nil {
				t.Fatal(err)
			}
			spec := RouterSpec{Weights: someWeights(len(loads), seed)}
			got, want := &teller{Router: k.New(spec, rand.New(rand.NewPCG(seed, 2)))}, scanning(name, len(loads), seed)
			for id := range 300 {
				churn(loads, batches, r, id)
				q := conversationOf(id, r)
				if g, w := got.Route(q, loads), want.Route(q, loads); g != w {
					t.Fatalf("%s, seed %d: request %d goes to replica %d, and to %d by looking at all of %+v", name, seed, id, g, w, loads)
				}
			}
		}
	}
}

// The same over many requests, most of them between two changes.
func TestWeightedReplicasAreTakenAsScanningTakesThem(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		loads := make([]Load, 1+r.IntN(100))
		weights := someWeights(len(loads), seed)
		got, want := &teller{Router: &Weighted{Weights: weights}}, scanWeighted{weights: weights}
		for id := range 5000 {
			if r.IntN(50) == 0 {
				i := r.IntN(len(loads))
				loads[i].Down = !loads[i].Down
				loads[r.IntN(len(loads))].Down = false
			}
			if g, w := got.Route(workloads.Request{}, loads), want.Route(workloads.Request{}, loads); g != w {
				t.Fatalf("seed %d, weights %v: request %d goes to replica %d, and to %d by looking at all", seed, weights, id, g, w)
			}
		}
	}
}

// BenchmarkRoute measures a request that is sent to one of so many replicas, after the
// loads of ten have changed.
func BenchmarkRoute(b *testing.B) {
	for _, name := range []string{"least-loaded", "least-kv", "prefix-cache", "prefix-affinity", "weighted"} {
		for _, replicas := range []int{10, 100, 1000, 10_000} {
			k, err := LookupRouter(name)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(b *testing.B) {
				router := k.New(RouterSpec{Weights: someWeights(replicas, 2)}, rand.New(rand.NewPCG(1, 2)))
				benchmarkRoute(b, router, replicas)
			})
			b.Run(fmt.Sprintf("%s/replicas=%d/scanning", name, replicas), func(b *testing.B) {
				benchmarkRoute(b, scanning(name, replicas, 2), replicas)
			})
		}
	}
}

func benchmarkRoute(b *testing.B, router Router, replicas int) {
	loads, r := make([]Load, replicas), rand.New(rand.NewPCG(1, 1))
	for i := range loads {
		loads[i].Cache = NewCache(1000, 16)
		loads[i].Cache.KeepPrefixes()
	}
	follower, _ := router.(Follower)
	q := conversationOf(1, r)
	router.Route(q, loads)
	for b.Loop() {
		for range 10 {
			i := r.IntN(replicas)
			loads[i].Running, loads[i].UsedBlocks = 20+r.IntN(3), r.IntN(1000)
			if follower != nil {
				follower.Changed(loads, i)
			}
		}
		router.Route(q, loads)
	}
}
