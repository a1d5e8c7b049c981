package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A setting is one replica and the load on it.
type setting struct {
	Policy                                         string
	Blocks, BlockSize, Slots, Budget, LongestChunk int
	Requests, MaxPrompt, MaxOutput, Bound          int
	Gap, TBT                                       time.Duration // mean between arrivals; D_d
	Whole, Turns                                   bool          // of sarathi: not chunked, not hybrid
	Prefixes                                       bool          // are cached
	Async                                          bool
	Unchunked                                      bool          // of vllm and its like
	Host                                           int           // blocks of the second tier
	Fetch                                          time.Duration // of a token
	Timeout                                        time.Duration
	Gaps                                           bool // each tenant has a D_d of its own
	NoReset                                        bool // missed deadlines count for all later tokens
	Seed                                           uint64
}

func randomSetting(policy string, seed uint64) setting {
	r := rand.New(rand.NewPCG(seed, 1))
	c := setting{
		Policy: policy, Seed: seed, Requests: 100,
		BlockSize: 1 + r.IntN(17), Slots: 1 + r.IntN(40), Budget: 16 + r.IntN(400),
		MaxPrompt: 1 + r.IntN(300), MaxOutput: 1 + r.IntN(120), Gap: time.Duration(1 + r.IntN(60_000_000)),
		Whole: r.IntN(4) == 0, Turns: r.IntN(4) == 0,
	}
	kind, _ := scheduler.Lookup(policy)
	c.Prefixes = kind.Prefixes && r.IntN(2) == 0
	c.Async = kind.Async && r.IntN(2) == 0
	if r.IntN(3) == 0 {
		c.Timeout = time.Duration(1 + r.IntN(2_000_000_000))
	}
	c.LongestChunk = c.Budget
	if r.IntN(3) == 0 {
		c.LongestChunk = 1 + r.IntN(c.Budget)
	}
	if r.IntN(2) == 0 { // policies that do not chunk take every prompt
		c.Budget += c.MaxPrompt
	}
	c.Bound = c.MaxOutput + r.IntN(50)
	c.Blocks = (c.MaxPrompt+c.MaxOutput)/c.BlockSize + 1 + r.IntN(400)
	c.TBT = time.Duration(1+r.IntN(30)) * time.Millisecond
	c.Gaps, c.NoReset = r.IntN(2) == 0, r.IntN(3) == 0
	if c.Prefixes && kind.Offloads && r.IntN(2) == 0 {
		c.Host = 1 + r.IntN(2*c.Blocks)
		c.Fetch = time.Duration(r.IntN(3)) * time.Duration(r.IntN(400_000))
	}
	c.Unchunked = r.IntN(4) == 0
	return c
}

func (c setting) requests() (list []workloads.Request) {
	r := rand.New(rand.NewPCG(c.Seed, 2))
	prefixes := []*workloads.Prefix{nil} // then two system prompts, each with some conversations that name replies too
	for system := range uint64(2) {
		first := workloads.Segment{Stream: 100 + system, Tokens: 1 + r.IntN(c.MaxPrompt)}
		prefixes = append(prefixes, &workloads.Prefix{Segments: []workloads.Segment{first}})
		for chat := range uint64(3) {
			rest := workloads.Segment{Stream: 200 + 10*system + chat, Tokens: 1 << 40}
			prefixes = append(prefixes, &workloads.Prefix{Segments: []workloads.Segment{first, rest}})
		}
	}
	at := time.Duration(0)
	for i := range c.Requests {
		at += time.Duration(r.ExpFloat64() * float64(c.Gap))
		list = append(list, workloads.Request{
			ID: i, Arrival: at, PromptTokens: 1 + r.IntN(c.MaxPrompt), OutputTokens: 1 + r.IntN(c.MaxOutput),
			Prefix: prefixes[r.IntN(len(prefixes))], Tenant: []string{"a", "b", "c"}[(i/2+i/5+int(c.Seed))%3],
		})
	}
	return list
}

// config returns the setting as the cluster sees it.
func (c setting) config(record metrics.Recorder) Config {
	kind, err := scheduler.Lookup(c.Policy)
	if err != nil {
		panic(err)
	}
	newPolicy := func() scheduler.Policy {
		p := kind.New(scheduler.Limits{TokenBudget: c.Budget, LongestChunk: c.LongestChunk, Cost: plainCost{}, TBT: c.TBT, NoReset: c.NoReset, Weights: tenantWeights})
		if s, ok := p.(*scheduler.Sarathi); ok {
			s.Chunked, s.Hybrid = !c.Whole, !c.Turns
		}
		switch v := p.(type) {
		case *scheduler.VLLM:
			v.Chunked = !c.Unchunked
		case *scheduler.VTC:
			v.Chunked = !c.Unchunked
		}
		return p
	}
	if !c.Prefixes {
		c.Host = 0
	}
	config := Config{
		Source: &list{c.requests()}, Timeout: c.Timeout, Router: new(scheduler.RoundRobin),
		Pools: []Pool{{
			Replicas: 1, Policy: newPolicy, Cost: plainCost{}, CachePrefixes: c.Prefixes, Async: c.Async,
			Blocks: c.Blocks, BlockSize: c.BlockSize, MaxSequences: c.Slots, MaxModelLen: 1 << 20, MaxOutputTokens: c.Bound,
			Host: Host{Blocks: c.Host, Link: Link{BytesPerToken: c.Fetch.Seconds(), BytesPerSecond: 1}},
		}},
		FirstDeadline: func(q workloads.Request) time.Duration { return deadline(q.PromptTokens) }, Recorder: record,
	}
	if c.Gaps {
		config.TBT = c.gap
	}
	return config
}

// gap returns D_d of a request to the policies that tell tenants apart.
func (c setting) gap(r workloads.Request) time.Duration {
	if !c.Gaps || c.Policy == "fluid" {
		return c.TBT
	}
	return map[string]time.Duration{"a": c.TBT, "b": 3*c.TBT + 1, "c": 20 * c.TBT}[r.Tenant]
}

// inStages makes a pool one of so many stages, which share no host.
func (p *Pool) inStages(n int) {
	if p.Pipeline = n; n > 1 {
		p.Host = Host{}
	}
}

func deadline(promptTokens int) time.Duration {
	return time.Duration(promptTokens%17) * 50 * time.Millisecond
}

type list struct{ rest []workloads.Request }

func (l *list) Next() (r workloads.Request, ok bool) {
	if len(l.rest) == 0 {
		return r, false
	}
	r, l.rest = l.rest[0], l.rest[1:]
	return r, true
}

type plainCost struct{}

func (plainCost) IterationTime(s hardware.Shape) time.Duration {
	return 5*time.Millisecond + time.Duration(20_000*s.Tokens()+100*(s.PrefillContext+s.DecodeContext)+s.PrefillPairs+2_000_000*s.Passes-700_000*s.LonePasses)
}

// A life is what an oracle says of a request.
type life struct {
	Outcome     metrics.Outcome
	Admitted    time.Duration
	Times       []time.Duration
	Preemptions int
}

// lives keeps what a cluster reports.
type lives struct {
	of   map[int]life
	gaps map[time.Duration]int
}

func newLives() *lives { return &lives{map[int]life{}, map[time.Duration]int{}} }

func (l *lives) Iteration(it *metrics.Iteration) {
	if it.StepGaps > 0 {
		l.gaps[it.StepGap] += it.StepGaps
	}
	for _, g := range it.OwnGaps {
		l.gaps[g]++
	}
}

func (l *lives) Finished(c *metrics.Completion) {
	l.of[c.Request.ID] = life{
		c.Outcome, c.Admitted, slices.Concat(c.Own, c.Steps), c.Preemptions,
	}
}

func TestClusterMatchesVisitingEverySequence(t *testing.T) {
	for _, kind := range scheduler.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			preemptions, outcomes := 0, map[metrics.Outcome]int{}
			for seed := range settings() {
				c := randomSetting(kind.Name, seed)
				got := newLives()
				if err := Run(context.Background(), c.config(got)); err != nil {
					t.Fatalf("%+v: %v", c, err)
				}
				want := visit(c)
				if err := same(got, want, c.Requests); err != nil {
					t.Fatalf("%+v: %v", c, err)
				}
				for _, l := range want.of {
					preemptions += l.Preemptions
					outcomes[l.Outcome]++
				}
			}
			t.Logf("covered %d preemptions, outcomes %v", preemptions, outcomes)
		})
	}
}

// settings returns how many random settings to try: fewer where the race
// detector, which has nothing to find in one goroutine, makes each slow.
func settings() uint64 {
	if testing.Short() {
		return 20
	}
	return 150
}

func same(got, want *lives, requests int) error {
	for id := range requests {
		g, w := got.of[id], want.of[id]
		if fmt.Sprint(g) != fmt.Sprint(w) {
			return fmt.Errorf("request %d\n got %+v\nwant %+v", id, g, w)
		}
	}
	for gap, n := range want.gaps {
		if got.gaps[gap] != n {
			return fmt.Errorf("%d gaps of %v, visited %d", got.gaps[gap], gap, n)
		}
	}
	if len(got.gaps) != len(want.gaps) {
		return fmt.Errorf("%d lengths of gaps, visited %d", len(got.gaps), len(want.gaps))
	}
	return nil
}
