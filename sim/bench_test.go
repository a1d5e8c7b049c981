package sim

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

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
		Source: src, Replicas: 1, Router: new(scheduler.RoundRobin), Cost: plainCost{},
		Policy: func() scheduler.Policy {
			return kind.New(scheduler.Limits{TokenBudget: budget, LongestChunk: budget})
		},
		Blocks: 1 << 50, BlockSize: 16, MaxSequences: slots, MaxModelLen: 1 << 40, MaxOutputTokens: 1 << 40,
		FirstDeadline: func(int) time.Duration { return 500 * time.Millisecond }, Recorder: record,
	}
}

// BenchmarkDecodeIteration measures one iteration of a batch that only decodes,
// with all metrics on. Its cost must not depend on the size of the batch.
func BenchmarkDecodeIteration(b *testing.B) {
	for _, bench := range []struct {
		name  string
		batch int
	}{{"batch=1", 1}, {"batch=100", 100}, {"batch=10000", 10000}} {
		b.Run(bench.name, func(b *testing.B) {
			src := &drawn{n: bench.batch, rate: 1e12, prompt: fixed(1), output: fixed(b.N + 2), rand: rand.New(rand.NewPCG(1, 1))}
			set := metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: bench.batch})
			c := benchConfig("vllm", 2*bench.batch, bench.batch, src, set)
			f := newFeed(c)
			b.ReportAllocs()
			b.ResetTimer()
			if err := f.engine.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkServe measures mixed serving, per request, with all metrics on.
func BenchmarkServe(b *testing.B) {
	for _, policy := range []string{"vllm", "sarathi"} {
		for _, load := range []struct {
			name           string
			rate           float64
			prompt, output func(*rand.Rand) int
		}{
			{"2000/400", 25, upTo(2000), upTo(400)},
			{"1155/211", 40, upTo(2310), upTo(422)}, // the means of Azure's conversations of 2023
		} {
			b.Run(policy+"/"+load.name, func(b *testing.B) {
				src := &drawn{n: b.N, rate: load.rate, prompt: load.prompt, output: load.output, rand: rand.New(rand.NewPCG(1, 1))}
				set := metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: b.N})
				count := &counter{Recorder: set}
				b.ReportAllocs()
				b.ResetTimer()
				if err := Run(context.Background(), benchConfig(policy, 2048, 256, src, count)); err != nil {
					b.Fatal(err)
				}
				count.report(b)
			})
		}
	}
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
