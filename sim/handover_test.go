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

// A passed sequence of the oracle is on its way to a decode pool, or there.
type passed struct {
	context, left int
	first, here   time.Duration // token; end of the transfer, once it has begun
	times         []time.Duration
}

// decodeApart simulates a decode replica with room for all in the plainest way. It
// fetches sequences one after another, in the order in which they are given.
func decodeApart(all []*passed, l Link) {
	var fetched []*passed
	var now, free time.Duration
	coming := slices.Clone(all)
	for {
		for len(coming) > 0 && coming[0].first <= now {
			s := coming[0]
			coming = coming[1:]
			free = max(now, free) + l.Latency + l.duration(s.context)
			s.here = free
			fetched = append(fetched, s)
		}
		var shape hardware.Shape
		next := Never
		for _, s := range fetched {
			switch {
			case s.left > 0 && s.here <= now:
				shape.Decodes++
				shape.DecodeContext += s.context
			case s.left > 0:
				next = min(next, s.here)
			}
		}
		if len(coming) > 0 {
			next = min(next, coming[0].first)
		}
		if shape.Decodes == 0 {
			if next == Never {
				return
			}
			now = next
			continue
		}
		end := now + plainCost{}.IterationTime(shape)
		for _, s := range fetched {
			if s.left > 0 && s.here <= now {
				s.times = append(s.times, end)
				s.context++
				s.left--
			}
		}
		now = end
	}
}

// ordered keeps the order in which requests end.
type ordered struct {
	*lives
	ids []int
}

func (o *ordered) Finished(c *metrics.Completion) {
	o.lives.Finished(c)
	o.ids = append(o.ids, c.Request.ID)
}

// With a prefill replica and a decode replica that have room for all, serving is
// two queues in a row, whatever the link and the two policies.
func TestHandoverMatchesTwoStages(t *testing.T) {
	kinds := scheduler.Kinds()
	importers := slices.DeleteFunc(scheduler.Kinds(), func(k scheduler.Kind) bool { return !k.Imports })
	for seed := range settings() {
		r := rand.New(rand.NewPCG(seed, 31))
		c := randomSetting(kinds[seed%uint64(len(kinds))].Name, seed)
		c.Timeout, c.Async, c.Prefixes, c.Whole, c.Turns, c.Unchunked, c.Blocks, c.Slots = 0, false, false, false, false, false, 1<<20, 1000
		link := Link{BytesPerSecond: 1e6 * float64(r.IntN(3)), BytesPerToken: 100, Latency: time.Duration(r.IntN(5)) * time.Millisecond}

		first := c.config(newLives())
		requests := c.requests()
		for i := range requests {
			requests[i].OutputTokens = 1
		}
		prefilled := &ordered{lives: newLives()}
		first.Source, first.Recorder = &list{requests}, prefilled
		if err := Run(context.Background(), first); err != nil {
			t.Fatal(err)
		}
		want := map[int]*passed{}
		var replies []*passed
		for _, id := range prefilled.ids {
			q := c.requests()[id]
			p := &passed{context: q.PromptTokens, left: q.OutputTokens - 1, first: prefilled.of[q.ID].Times[0]}
			p.times = []time.Duration{p.first}
			if want[q.ID] = p; p.left > 0 {
				replies = append(replies, p)
			}
		}
		decodeApart(replies, link)

		got := newLives()
		config := c.config(got)
		there := c
		there.Budget += c.MaxPrompt // some must be able to compute every prompt again
		there.Policy = importers[seed%uint64(len(importers))].Name
		decodes := there.config(got).Pools[0]
		decodes.Role, decodes.Link = Decode, link
		config.Pools[0].Role, config.Pools[0].Link = Prefill, link
		config.Pools = append(config.Pools, decodes)
		config.Handover.Router = new(scheduler.RoundRobin)
		if err := Run(context.Background(), config); err != nil {
			t.Fatal(err)
		}
		for id, w := range want {
			if fmt.Sprint(got.of[id].Times) != fmt.Sprint(w.times) {
				t.Fatalf("%+v, link %+v: request %d\n got %v\nwant %v", c, link, id, got.of[id].Times, w.times)
			}
		}
	}
}

// Where a decode replica has little room, replies wait in the prefill replica,
// which stops when it has none left, and all are served in the end.
func TestDecodeReplicaHoldsPrefillBack(t *testing.T) {
	for seed := range settings() {
		c := randomSetting("vllm", seed)
		c.Timeout = 0
		got := newLives()
		config := c.config(got)
		decodes := config.Pools[0]
		decodes.Role, decodes.MaxSequences = Decode, 1+int(seed%3)
		config.Pools[0].Role = Prefill
		config.Pools = append(config.Pools, decodes)
		config.Handover.Router = new(scheduler.RoundRobin)
		l := &ledger{t: t, finished: map[int]bool{}, lastEnd: map[[2]int]time.Duration{}}
		config.Recorder = l
		if err := Run(context.Background(), config); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if len(l.finished) != c.Requests {
			t.Fatalf("%+v: %d of %d requests have ended", c, len(l.finished), c.Requests)
		}
	}
}

// A prompt that was computed keeps its blocks until a decode replica has room for it:
// where that has one slot, and the prefill replica blocks for two prompts, the fourth
// prompt waits until the first reply is over.
func TestPromptsKeepTheirBlocksUntilTheyAreFetched(t *testing.T) {
	const prompt, output, step = 64, 50, time.Millisecond
	for _, c := range []struct {
		blocks int // for so many prompts
		want   time.Duration
	}{{100, 4 * step}, {2, output*step + step}} {
		var requests []workloads.Request
		for id := range 4 {
			requests = append(requests, workloads.Request{ID: id, PromptTokens: prompt, OutputTokens: output})
		}
		got := new(firsts)
		config := benchConfig("vllm", prompt, 64, &list{requests}, got)
		config.Pools[0].Cost = constantCost(step)
		decodes := config.Pools[0]
		decodes.Role, decodes.MaxSequences = Decode, 1
		config.Pools[0].Role, config.Pools[0].Blocks = Prefill, c.blocks*prompt/decodes.BlockSize
		config.Pools = append(config.Pools, decodes)
		config.Handover.Router = new(scheduler.RoundRobin)
		serve(t, config).checkEmpty(t)
		if last := slices.Max(got.after); last != c.want {
			t.Errorf("with blocks for %d prompts the last has its first token after %v, want %v", c.blocks, last, c.want)
		}
	}
}
