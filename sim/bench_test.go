package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// drawn yields n requests as Poisson arrivals with lengths drawn by functions.
type drawn struct {
	n              int
	rate           float64 // requests per second
	prompt, output func(*rand.Rand) int
	rand           *rand.Rand

	next workloads.Request
}

func (d *drawn) Next() (workloads.Request, bool) {
	if d.next.ID == d.n {
		return workloads.Request{}, false
	}
	d.next.Arrival += time.Duration(d.rand.ExpFloat64() / d.rate * 1e9)
	d.next.PromptTokens, d.next.OutputTokens = d.prompt(d.rand), d.output(d.rand)
	r := d.next
	d.next.ID++
	return r, true
}

func fixed(n int) func(*rand.Rand) int { return func(*rand.Rand) int { return n } }

func upTo(n int) func(*rand.Rand) int { return func(r *rand.Rand) int { return 1 + r.IntN(n) } }

func benchConfig(policy string, budget, slots int, src workloads.Source, record metrics.Recorder) Config {
	kind, err := scheduler.Lookup(policy)
	if err != nil {
		panic(err)
	}
	return Config{
		Source: src, Router: new(scheduler.RoundRobin),
		Pools: []Pool{{
			Replicas: 1, Cost: plainCost{},
			Policy: func() scheduler.Policy {
				return kind.New(scheduler.Limits{TokenBudget: budget, LongestChunk: budget})
			},
			Blocks: 1 << 50, BlockSize: 16, MaxSequences: slots, MaxModelLen: 1 << 40, MaxOutputTokens: 1 << 40,
		}},
		FirstDeadline: func(workloads.Request) time.Duration { return 500 * time.Millisecond }, Recorder: record,
	}
}

// BenchmarkDecodeIteration measures one iteration of a batch that only decodes,
// with all metrics on. Its cost must not depend on the size of the batch.
func BenchmarkDecodeIteration(b *testing.B) {
	for _, batch := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			r := decoding(batch)
			b.ReportAllocs()
			for i := 1; b.Loop(); i++ {
				r.finish()
				r.start(r.iteration.End)
				if i%(longReply/2) == 0 {
					b.StopTimer()
					r = decoding(batch)
					b.StartTimer()
				}
			}
		})
	}
}

const longReply = 1 << 16

// decoding returns a replica at the beginning of a batch of long replies. What
// setting it up leaves behind is collected, so that no iteration pays for it.
func decoding(batch int) *Replica {
	src := &drawn{n: batch, rate: 1e12, prompt: fixed(1), output: fixed(longReply), rand: rand.New(rand.NewPCG(1, 1))}
	set := metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: batch})
	f := newFeed(benchConfig("vllm", 2*batch, batch, src, set))
	for f.begin(); f.more; {
		f.Wake(f.nextArrival(), Never)
	}
	r := f.lanes[0][0]
	for r.start(0); r.batch.Decodes() < batch; r.start(r.iteration.End) {
		r.finish()
	}
	runtime.GC()
	return r
}

// BenchmarkServe measures mixed serving, per request, with all metrics on: loads
// that meet their deadlines, and one that never does. A name tells the longest
// prompt and reply, which are twice the means.
func BenchmarkServe(b *testing.B) {
	for _, policy := range []string{"vllm", "sarathi"} {
		for _, load := range []struct {
			name           string
			rate           float64
			prompt, output int
		}{
			{"500/400", 80, 500, 400},
			{"2000/400", 38, 2000, 400},
			{"azure-lengths", 38, 2310, 422}, // twice the means of the conversations of 2023
			{"overload", 100, 2000, 400},
		} {
			b.Run(policy+"/"+load.name, func(b *testing.B) {
				src := &drawn{n: b.N, rate: load.rate, prompt: upTo(load.prompt), output: upTo(load.output), rand: rand.New(rand.NewPCG(1, 1))}
				count := &counter{Recorder: metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: b.N})}
				c := benchConfig(policy, 512, 256, src, count)
				c.Pools[0].Cost = h100Like{}
				b.ReportAllocs()
				b.ResetTimer()
				if err := Run(context.Background(), c); err != nil {
					b.Fatal(err)
				}
				count.report(b)
			})
		}
	}
}

// h100Like costs what an 8B model on an H100 roughly does.
type h100Like struct{}

func (h100Like) IterationTime(s hardware.Shape) time.Duration {
	compute := 18*time.Microsecond*time.Duration(s.Tokens()) + time.Duration(s.PrefillPairs/2)
	memory := 5 * time.Millisecond
	return 500*time.Microsecond + max(compute, memory) + time.Duration(40*s.DecodeContext)
}

// A counter counts what a benchmark simulates.
type counter struct {
	metrics.Recorder
	iterations, steps, tokens int
}

func (c *counter) Iteration(it *metrics.Iteration) {
	c.iterations++
	if it.Shape.Decodes > 0 {
		c.steps++
	}
	c.tokens += it.Shape.Decodes
	c.Recorder.Iteration(it)
}

func (c *counter) report(b *testing.B) {
	ns := float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(float64(c.tokens)/ns*1e3, "Mtokens/s")
	b.ReportMetric(float64(b.N)/ns*1e9, "requests/s")
	b.ReportMetric(ns/float64(c.iterations), "ns/iteration")
	b.ReportMetric(float64(c.tokens)/float64(c.steps), "mean-batch")
}
