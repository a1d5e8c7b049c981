package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"metronome/metrics"
)

// BenchmarkReplicas measures 100 replicas in turn, per request, with all metrics on:
// by one engine, and by an engine each of which so many work at once.
func BenchmarkReplicas(b *testing.B) {
	for _, engines := range []int{0, 1, 2} {
		name := "one engine"
		if engines > 0 {
			name = fmt.Sprint("engines at once=", engines)
		}
		b.Run(name, func(b *testing.B) {
			src := &drawn{n: b.N, rate: 463, prompt: upTo(2310), output: upTo(422), rand: rand.New(rand.NewPCG(1, 1))}
			var recorders []metrics.Recorder
			for range max(1, engines) {
				recorders = append(recorders, metrics.New(metrics.Options{SLO: metrics.DefaultSLO(), Requests: b.N}))
			}
			c := benchConfig("vllm", 512, 256, src, recorders[0])
			c.Pools[0].Cost, c.Pools[0].Replicas = h100Like{}, 100
			run := Run
			if engines > 0 {
				run = func(ctx context.Context, c Config) error { return RunParallel(ctx, c, recorders) }
			}
			b.ReportAllocs()
			b.ResetTimer()
			if err := run(context.Background(), c); err != nil {
				b.Fatal(err)
			}
		})
	}
}
