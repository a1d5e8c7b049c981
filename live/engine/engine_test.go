package engine_test

import (
	"slices"
	"testing"
	"time"

	"metronome/live"
	"metronome/workloads"
)

// A real engine does what a simulator of it must: prompts take time by their length,
// batches give more tokens at a slower pace each, a long prompt stalls all others by
// the size of its chunks. All limits are ratios, with room for a busy machine.
func TestRealEngine(t *testing.T) {
	s := start(t)
	stalls := map[int]time.Duration{}
	for _, batch := range []int{512, 128} {
		e, p := s.model(batch)
		if batch == 512 {
			t.Run("lone prompts", func(t *testing.T) { lonePrompts(t, e, p) })
			t.Run("batches", func(t *testing.T) { batches(t, e, p) })
		}
		t.Run("stall", func(t *testing.T) { stalls[batch] = stall(t, e, p) })
	}
	if stalls[128] >= stalls[512] {
		t.Errorf("a long prompt stalls others by %v in chunks of 128 tokens, %v in chunks of 512 (want less)", stalls[128], stalls[512])
	}
}

// ttft returns the time to first token of a lone prompt, the median of three.
func ttft(t *testing.T, e *live.Endpoint, p *live.Prompter, promptTokens int) time.Duration {
	t.Helper()
	var all []time.Duration
	for range 3 {
		x := play(t, e, p, request(0, promptTokens, 2))[0]
		all = append(all, time.Duration(x.Chunks[0].At-x.Sent))
	}
	slices.Sort(all)
	return all[1]
}

func lonePrompts(t *testing.T, e *live.Endpoint, p *live.Prompter) {
	short, long := ttft(t, e, p, 256), ttft(t, e, p, 2048)
	t.Logf("TTFT %v for 256 tokens, %v for 2048", short, long)
	if long < 4*short {
		t.Errorf("a prompt 8 times as long takes %v, not 4 times %v", long, short)
	}
}

// gaps returns the gaps between tokens that end between two times.
func gaps(all []*live.Exchange, from, to int64) (gaps []time.Duration) {
	for _, x := range all {
		for i := 1; i < len(x.Chunks); i++ {
			if a, b := x.Chunks[i-1].At, x.Chunks[i].At; b > from && b < to {
				gaps = append(gaps, time.Duration(b-a))
			}
		}
	}
	slices.Sort(gaps)
	return gaps
}

func median(d []time.Duration) time.Duration { return d[len(d)/2] }

// paced plays n replies at once and returns their median TBT, and how many tokens per
// nanosecond they get together while all of them decode.
func paced(t *testing.T, e *live.Endpoint, p *live.Prompter, n int) (tbt time.Duration, rate float64) {
	t.Helper()
	var requests []workloads.Request
	for range n {
		requests = append(requests, request(0, 32, 150))
	}
	all := play(t, e, p, requests...)
	from, to := int64(0), all[0].Ended
	for _, x := range all {
		from, to = max(from, x.Chunks[0].At), min(to, x.Chunks[len(x.Chunks)-1].At)
	}
	while := gaps(all, from, to)
	return median(while), float64(len(while)) / float64(to-from)
}

// batches compares one reply with as many as there are slots: the medians of five
// tries in turn, since other work on the machine slows some of them.
func batches(t *testing.T, e *live.Endpoint, p *live.Prompter) {
	pace, rate := map[int][]time.Duration{}, map[int][]float64{}
	for range 5 {
		for _, n := range []int{1, slots} {
			tbt, r := paced(t, e, p, n)
			pace[n], rate[n] = append(pace[n], tbt), append(rate[n], r)
		}
	}
	for _, n := range []int{1, slots} {
		slices.Sort(pace[n])
		slices.Sort(rate[n])
	}
	t.Logf("TBT %v, tokens per ns %v", pace, rate)
	if pace[slots][2] <= pace[1][2] || rate[slots][2] <= rate[1][2] {
		t.Errorf("%d at once have a TBT of %v and %.3g tokens/ns, one has %v and %.3g (want slower each, faster together)",
			slots, pace[slots][2], rate[slots][2], pace[1][2], rate[1][2])
	}
}

// stall returns the longest gap of three replies while a long prompt arrives.
func stall(t *testing.T, e *live.Endpoint, p *live.Prompter) time.Duration {
	all := play(t, e, p, request(0, 32, 400), request(0, 32, 400), request(0, 32, 400), request(1500*time.Millisecond, 3000, 5))
	others, long := all[:3], all[3]
	before, during := gaps(others, all[0].Chunks[5].At, long.Sent), gaps(others, long.Sent, long.Chunks[0].At)
	if len(before) == 0 || len(during) == 0 {
		t.Fatalf("%d gaps before and %d during the long prompt: the replies were over", len(before), len(during))
	}
	longest, usual := during[len(during)-1], median(before)
	t.Logf("TBT %v before, up to %v during; the long prompt takes %v", usual, longest, time.Duration(long.Chunks[0].At-long.Sent))
	if longest < 3*usual {
		t.Errorf("the longest gap during a long prompt is %v, not 3 times the usual %v", longest, usual)
	}
	return longest
}
