package scheduler

import (
	"testing"
	"time"

	"metronome/workloads"
)

// alone serves requests one after another and returns how many of their tokens the
// cache had, and how many of these came from the host.
func alone(t *testing.T, requests []workloads.Request, blocks, host int) (reused, fetches int) {
	t.Helper()
	const size = 16
	cache := NewCache(blocks, size)
	cache.KeepPrefixes()
	cache.Offload(host)
	b := NewBatch(cache, 8)
	kind, _ := Lookup("vllm")
	policy := kind.New(Limits{TokenBudget: 512, LongestChunk: 512})
	for i, r := range requests {
		s := new(Sequence)
		s.Reset(r)
		policy.Add(s)
		for steps := 0; s.Emitted < r.OutputTokens; steps++ {
			if steps > 10*(r.PromptTokens+r.OutputTokens) {
				t.Fatalf("request %d does not end: %v", i, b)
			}
			b.Now += time.Millisecond
			fetched(policy, b)
			policy.Schedule(b)
			for _, waiting := range b.holding {
				fetches += waiting.coming
			}
			if b.Shape().Tokens() > 0 {
				b.Advance(b.Now)
			}
			if err := b.check(); err != nil {
				t.Fatal(err)
			}
		}
		reused += s.Reused
	}
	return reused, fetches
}

// rotation is distinct prompts in turn, each of whose replies goes on with the prompt.
func rotation(prompts, rounds int) (all []workloads.Request) {
	for i := range prompts * rounds {
		prefix := &workloads.Prefix{Segments: []workloads.Segment{{Stream: uint64(i%prompts) + 1, Tokens: 1 << 40}}}
		all = append(all, workloads.Request{ID: i, PromptTokens: 400 + 20*(i%prompts) + 30*(i/prompts), OutputTokens: 40, MaxTokens: 64, Prefix: prefix})
	}
	return all
}

// A host without limit makes up for whatever the GPU has no room for: as many tokens
// are found as in a GPU without limit.
func TestEndlessHostFindsWhatAnEndlessGPUWould(t *testing.T) {
	requests := rotation(20, 4)
	want, none := alone(t, requests, 1<<20, 0)
	got, fetches := alone(t, requests, 60, 1<<20)
	if got != want || none != 0 || fetches == 0 || fetches > got {
		t.Errorf("%d tokens are found, %d of them on the host; an endless GPU finds %d", got, fetches, want)
	}
}

// The more the host holds, the more is found; nothing on the host is no host.
func TestLargerHostsFindMore(t *testing.T) {
	requests, last := rotation(20, 4), -1
	small, _ := alone(t, requests, 60, 0)
	for _, host := range []int{0, 40, 200, 400, 700, 2000} {
		got, fetches := alone(t, requests, 60, host)
		if got < last || host == 0 && (got != small || fetches != 0) {
			t.Errorf("a host of %d blocks finds %d tokens, a smaller one %d", host, got, last)
		}
		last = got
	}
	if last <= small {
		t.Errorf("a host adds nothing to %d tokens", small)
	}
}

// Blocks leave the host in the order in which they were last used.
func TestHostForgetsTheLeastRecentlyUsed(t *testing.T) {
	h := newHost(3)
	key := func(i int) blockKey { return blockKey{1, i} }
	for i := range 3 {
		h.add(key(i))
	}
	h.touch(key(0))
	h.add(key(3))
	h.add(key(0))
	h.add(key(4))
	for i, want := range []bool{true, false, false, true, true} {
		if h.holds(key(i)) != want {
			t.Errorf("block %d: %v", i, !want)
		}
	}
	if err := h.check(); err != nil {
		t.Error(err)
	}
}
