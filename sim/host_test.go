package sim

import (
	"context"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// firsts notes how long first tokens took, and what was fetched.
type firsts struct {
	after  []time.Duration
	tokens []int
}

func (*firsts) Iteration(*metrics.Iteration) {}
func (f *firsts) Finished(c *metrics.Completion) {
	f.after = append(f.after, c.First()-c.Request.Arrival)
}
func (f *firsts) Transfer(t *metrics.Transfer) { f.tokens = append(f.tokens, t.Tokens) }

// A lone request whose prompt is on the host waits for the link to bring it, and then
// for what is left of the prompt; one that is sent for while another is under way
// waits for that too.
func TestFetchedPromptTakesTheTimeOfItsTransfer(t *testing.T) {
	const latency, perToken, size = 3 * time.Millisecond, 50 * time.Microsecond, 16
	prompt := func(id, stream int, at time.Duration) workloads.Request {
		prefix := &workloads.Prefix{Segments: []workloads.Segment{{Stream: uint64(stream), Tokens: 1 << 40}}}
		return workloads.Request{ID: id, Arrival: at, PromptTokens: 325, OutputTokens: 2, Prefix: prefix}
	}
	c := benchConfig("vllm", 1000, 8, &list{[]workloads.Request{
		prompt(0, 1, 0), prompt(1, 2, time.Second), prompt(2, 3, 2*time.Second), prompt(3, 4, 3*time.Second), // the last two push the first out
		prompt(4, 1, 4*time.Second), prompt(5, 2, 4*time.Second),
	}}, nil)
	got := new(firsts)
	p := &c.Pools[0]
	c.Recorder, p.CachePrefixes, p.BlockSize, p.Blocks = got, true, size, 42
	p.Host = Host{Blocks: 1000, Link: Link{BytesPerToken: perToken.Seconds(), BytesPerSecond: 1, Latency: latency}}
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	const whole = 320 // tokens of whole blocks
	if len(got.tokens) != 2 || got.tokens[0] != whole || got.tokens[1] != whole {
		t.Fatalf("fetched %v tokens, want %d twice", got.tokens, whole)
	}
	fetch, rest := latency+whole*perToken, chunkTime(plainCost{}, 5, whole)
	if want := fetch + rest; got.after[4] != want {
		t.Errorf("the first is answered after %v, want %v", got.after[4], want)
	}
	if least := 2*fetch + rest; got.after[5] < least || got.after[5] > least+20*time.Millisecond {
		t.Errorf("the second is answered after %v, want %v or somewhat more", got.after[5], least)
	}
}

// A host without room is none, to the last token time.
func TestHostOfNothingIsNone(t *testing.T) {
	for seed := range uint64(20) {
		c := randomSetting("vllm", seed)
		c.Prefixes, c.Host = true, 0
		without, with := newLives(), newLives()
		if err := Run(context.Background(), c.config(without)); err != nil {
			t.Fatal(err)
		}
		config := c.config(with)
		config.Pools[0].Host.Link = Link{BytesPerToken: 1, BytesPerSecond: 1, Latency: time.Hour}
		if err := Run(context.Background(), config); err != nil {
			t.Fatal(err)
		}
		if err := same(with, without, c.Requests); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
}
