package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/workloads"
)

// A setting is a replica and the load on it.
type setting struct {
	Kind                                           string
	Blocks, BlockSize, Slots, Budget, LongestChunk int
	Requests, MaxPrompt, MaxOutput                 int
	Gap, TBT                                       time.Duration // mean between arrivals; D_d
	Seed                                           uint64
}

func randomSetting(kind string, seed uint64) setting {
	r := rand.New(rand.NewPCG(seed, 5))
	c := setting{
		Kind: kind, Seed: seed, Requests: 120, BlockSize: 1 + r.IntN(17), Slots: 1 + r.IntN(40),
		MaxPrompt: 1 + r.IntN(300), MaxOutput: 1 + r.IntN(120), Gap: time.Duration(1 + r.IntN(60_000_000)),
		Budget: 16 + r.IntN(400),
	}
	c.LongestChunk = c.Budget
	if r.IntN(3) == 0 {
		c.LongestChunk = 1 + r.IntN(c.Budget)
	}
	if kind == "lightllm" {
		c.Budget += c.MaxPrompt
	}
	if seed%20 == 0 { // replies beyond the first size of the ring of last steps
		c.Requests, c.MaxOutput = 12, 3000
	}
	longest := (c.MaxPrompt + 2*c.MaxOutput + c.BlockSize) / c.BlockSize
	c.Blocks = longest * (1 + r.IntN(8))
	c.TBT = time.Duration(1+r.IntN(30)) * time.Millisecond
	return c
}

// requests draws the requests of a setting. The bound on a reply is the least
// power of two that holds the longest.
func (c setting) requests() []workloads.Request {
	r := rand.New(rand.NewPCG(c.Seed, 6))
	prefixes := []*workloads.Prefix{
		nil,
		{Segments: []workloads.Segment{{Stream: 1, Tokens: 1 + r.IntN(c.MaxPrompt)}}},
		{Segments: []workloads.Segment{{Stream: 2, Tokens: 1 + r.IntN(c.MaxPrompt)}, {Stream: 3, Tokens: 1 << 40}}},
	}
	bound := 1
	for bound < c.MaxOutput {
		bound *= 2
	}
	var list []workloads.Request
	at := time.Duration(0)
	for i := range c.Requests {
		at += time.Duration(r.ExpFloat64() * float64(c.Gap))
		list = append(list, workloads.Request{
			ID: i, Arrival: at, PromptTokens: 1 + r.IntN(c.MaxPrompt), OutputTokens: 1 + r.IntN(c.MaxOutput), MaxTokens: bound,
			Prefix: prefixes[r.IntN(len(prefixes))],
		})
	}
	return list
}

func (c setting) policy(t *testing.T) Policy {
	k, err := Lookup(c.Kind)
	if err != nil {
		t.Fatal(err)
	}
	return k.New(Limits{TokenBudget: c.Budget, LongestChunk: c.LongestChunk, Cost: plainCost{}, TBT: c.TBT})
}

func (c setting) batch() *Batch {
	cache := NewCache(c.Blocks, c.BlockSize)
	if kinds[c.Kind].Prefixes && c.Seed%2 == 0 {
		cache.KeepPrefixes()
		if kinds[c.Kind].Offloads && c.Seed%4 == 0 {
			cache.Offload(c.Blocks)
		}
	}
	b := NewBatch(cache, c.Slots)
	if kinds[c.Kind].Async && c.Seed%3 == 0 {
		b.Queue()
	}
	return b
}

type plainCost struct{}

func (plainCost) IterationTime(s hardware.Shape) time.Duration {
	return 5*time.Millisecond + time.Duration(20_000*s.Tokens()+100*(s.PrefillContext+s.DecodeContext))
}

// A shadow follows one sequence the plain way.
type shadow struct {
	workloads.Request
	target, cached int
	preemptions    int // when it was admitted
	times          []time.Duration
}

// A follower checks a batch against shadows of its sequences.
type follower struct {
	b       *Batch
	running map[*Sequence]*shadow
	all     map[int]*shadow
}

// plan returns the shape of the planned iteration, worked out from the shadows.
func (f *follower) plan() (hardware.Shape, error) {
	var shape hardware.Shape
	admitted := map[*Sequence]bool{}
	for s := range f.b.Members {
		admitted[s] = true
		if f.running[s] == nil || f.running[s].preemptions < s.Preemptions {
			f.running[s] = f.all[s.ID]
			f.running[s].preemptions = s.Preemptions
			f.running[s].target = s.PromptTokens + len(f.running[s].times)
			f.running[s].cached = s.Reused
		}
	}
	for s := range f.running {
		if !admitted[s] {
			delete(f.running, s)
		}
	}
	for _, c := range f.b.chunks {
		sh := f.running[c.seq]
		if sh == nil || sh.cached+c.tokens > sh.target {
			return shape, fmt.Errorf("a chunk of %d tokens of sequence %d, which is not there or too short", c.tokens, c.seq.ID)
		}
		shape.Chunk(c.tokens, sh.cached)
	}
	for _, sh := range f.running {
		if f.b.decoding && sh.cached >= sh.target {
			shape.Decodes++
			shape.DecodeContext += sh.cached
		}
	}
	return shape, nil
}

// advance plays the plan on the shadows. It returns the gaps it ended.
func (f *follower) advance(end time.Duration) (gaps []time.Duration) {
	emit := func(sh *shadow) {
		if n := len(sh.times); n > 0 {
			gaps = append(gaps, end-sh.times[n-1])
		}
		sh.times = append(sh.times, end)
	}
	for _, sh := range f.running {
		if f.b.decoding && sh.cached >= sh.target {
			sh.cached++
			emit(sh)
		}
	}
	for _, c := range f.b.chunks {
		sh := f.running[c.seq]
		sh.cached += c.tokens
		if sh.cached == sh.target {
			emit(sh)
		}
	}
	return gaps
}

// complete checks what the batch says of a finished sequence.
func (f *follower) complete(s *Sequence) error {
	sh := f.running[s]
	delete(f.running, s)
	own, steps, longest := f.b.TokenTimes(s)
	if times := slices.Concat(own, steps); !slices.Equal(times, sh.times) {
		return fmt.Errorf("sequence %d has token times %v, followed %v", s.ID, times, sh.times)
	}
	want := time.Duration(0)
	for i := 1; i < len(sh.times); i++ {
		want = max(want, sh.times[i]-sh.times[i-1])
	}
	if longest != want || len(sh.times) != s.OutputTokens || s.Emitted != s.OutputTokens {
		return fmt.Errorf("sequence %d: longest gap %v, followed %v; %d tokens of %d", s.ID, longest, want, len(sh.times), s.OutputTokens)
	}
	return nil
}

func (f *follower) iteration(end time.Duration, shape hardware.Shape) ([]*Sequence, error) {
	shape.Passes, shape.LonePasses = 0, 0 // recounted by the oracle of sim
	if want, err := f.plan(); err != nil || shape != want {
		return nil, fmt.Errorf("planned shape %+v, followed %+v: %w", shape, want, err)
	}
	want := f.advance(end)
	p := f.b.Advance(end)
	got := append(slices.Repeat([]time.Duration{p.StepGap}, p.StepGaps), p.OwnGaps...)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return nil, fmt.Errorf("gaps %v, followed %v", got, want)
	}
	for _, s := range p.Done {
		if err := f.complete(s); err != nil {
			return nil, err
		}
	}
	return p.Done, f.b.check()
}

// fetched ends what plans have begun to fetch, and hands it to the policy again.
func fetched(policy Policy, b *Batch) {
	var all []*Sequence
	for s := range b.Fetches {
		all = append(all, s)
	}
	for _, s := range slices.Backward(all) {
		b.Fetched(s)
		policy.Add(s)
	}
}

// serve plays a setting and checks the batch after every plan and iteration.
func serve(t *testing.T, c setting) (preemptions, reused int, err error) {
	policy, b := c.policy(t), c.batch()
	f := &follower{b: b, running: map[*Sequence]*shadow{}, all: map[int]*shadow{}}
	coming, unfinished := c.requests(), 0
	for now := time.Duration(0); ; {
		for len(coming) > 0 && coming[0].Arrival <= now {
			r := coming[0]
			coming = coming[1:]
			s := new(Sequence)
			s.Reset(r)
			s.Deadline = r.Arrival + time.Duration(r.PromptTokens)*time.Millisecond
			if p, ok := policy.(Refuser); ok && p.Refuse(s, b) != "" {
				continue
			}
			f.all[r.ID] = &shadow{Request: r}
			unfinished++
			policy.Add(s)
		}
		b.Now = now
		fetched(policy, b)
		policy.Schedule(b)
		if err := b.check(); err != nil {
			return preemptions, reused, err
		}
		preemptions += b.Preempted()
		if b.Shape().Tokens() == 0 {
			b.Settle()
			policy.Schedule(b)
		}
		if b.Shape().Tokens() == 0 {
			if len(b.holding) > 0 {
				continue // what they wait for is there by now
			}
			if unfinished > 0 {
				return preemptions, reused, fmt.Errorf("stalled with %d unfinished: %v", unfinished, b)
			}
			if len(coming) == 0 {
				return preemptions, reused, nil
			}
			now = coming[0].Arrival
			continue
		}
		now += plainCost{}.IterationTime(*b.Shape())
		done, err := f.iteration(now, *b.Shape())
		if err != nil {
			return preemptions, reused, err
		}
		unfinished -= len(done)
		for _, s := range done {
			reused += s.Reused
		}
	}
}

func TestBatchAgreesWithFollowingEverySequence(t *testing.T) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			preemptions, reused := 0, 0
			settings := uint64(120)
			if testing.Short() {
				settings = 20
			}
			for seed := range settings {
				c := randomSetting(k.Name, seed)
				p, r, err := serve(t, c)
				if err != nil {
					t.Fatalf("%+v: %v", c, err)
				}
				preemptions += p
				reused += r
			}
			t.Logf("covered %d preemptions, %d reused tokens", preemptions, reused)
		})
	}
}

func TestPoliciesDoNotReadTheFuture(t *testing.T) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			for seed := range uint64(50) {
				c := randomSetting(k.Name, seed)
				if err := sameUntilFuturesDiffer(t, c); err != nil {
					t.Fatalf("%+v: %v", c, err)
				}
			}
		})
	}
}

// sameUntilFuturesDiffer plays two loads that differ only in the true lengths of
// the replies, and fails if a plan differs before a reply has.
func sameUntilFuturesDiffer(t *testing.T, c setting) error {
	requests := c.requests()
	longer := slices.Clone(requests)
	for i := range longer {
		longer[i].OutputTokens = min(longer[i].OutputTokens+1+i%7, longer[i].MaxTokens)
	}
	a, b := c.plans(t, requests), c.plans(t, longer)
	for i := range min(len(a), len(b)) {
		if a[i].plan != b[i].plan {
			return fmt.Errorf("iteration %d: plan %s, with other futures %s", i, a[i].plan, b[i].plan)
		}
		if a[i].done != b[i].done {
			return nil
		}
	}
	return nil
}

type decision struct{ plan, done string }

// plans returns what a policy decides, iteration by iteration, until 400 have passed.
func (c setting) plans(t *testing.T, coming []workloads.Request) (decisions []decision) {
	policy, b := c.policy(t), c.batch()
	for now := time.Duration(0); len(decisions) < 400; {
		for len(coming) > 0 && coming[0].Arrival <= now {
			s := new(Sequence)
			s.Reset(coming[0])
			coming = coming[1:]
			if p, ok := policy.(Refuser); !ok || p.Refuse(s, b) == "" {
				policy.Add(s)
			}
		}
		b.Now = now
		fetched(policy, b)
		policy.Schedule(b)
		if b.Shape().Tokens() == 0 {
			b.Settle()
			policy.Schedule(b)
		}
		if b.Shape().Tokens() == 0 {
			if len(b.holding) > 0 {
				continue
			}
			if len(coming) == 0 {
				return decisions
			}
			now = coming[0].Arrival
			continue
		}
		plan := fmt.Sprintf("%+v preempted %d:", b.Shape(), b.Preempted())
		for s := range b.Members {
			plan += fmt.Sprint(" ", s.ID)
		}
		now += plainCost{}.IterationTime(*b.Shape())
		done := ""
		for _, s := range b.Advance(now).Done {
			done += fmt.Sprint(" ", s.ID)
		}
		decisions = append(decisions, decision{plan, done})
	}
	return decisions
}
