package live

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"time"
)

// A Health tells whether the client itself was fit to measure.
type Health struct {
	SchedulerP99 time.Duration // that 99 % of goroutines waited less than to run
	CPUShare     float64       // of all cores, used by this process; NaN if unknown
}

// Limits beyond which the client disturbs what it measures.
const (
	worstScheduler = 5 * time.Millisecond
	worstCPUShare  = 0.8
)

// Warnings returns a sentence for each sign that the client was not fit.
func (h Health) Warnings() (all []string) {
	if h.SchedulerP99 > worstScheduler {
		all = append(all, fmt.Sprintf("the client was slow: 1 %% of its goroutines waited %v or more to run, which is in the latencies", h.SchedulerP99))
	}
	if h.CPUShare > worstCPUShare {
		all = append(all, fmt.Sprintf("the client used %.0f %% of all cores, so that it may be what was measured", 100*h.CPUShare))
	}
	return all
}

const schedulerLatencies = "/sched/latencies:seconds"

// watchHealth returns what tells the health since now.
func watchHealth() func() Health {
	start, cpu, before := time.Now(), cpuTime(), schedulerCounts()
	return func() Health {
		h := Health{CPUShare: math.NaN()}
		after := schedulerCounts()
		counts := make([]uint64, len(after.Counts))
		for i := range counts {
			counts[i] = after.Counts[i] - before.Counts[i]
		}
		h.SchedulerP99 = percentile(counts, after.Buckets, 0.99)
		if now := cpuTime(); now > 0 {
			h.CPUShare = float64(now-cpu) / float64(time.Since(start)) / float64(runtime.NumCPU())
		}
		return h
	}
}

func schedulerCounts() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: schedulerLatencies}}
	metrics.Read(sample)
	h := sample[0].Value.Float64Histogram()
	return &metrics.Float64Histogram{Counts: append([]uint64(nil), h.Counts...), Buckets: h.Buckets}
}

// percentile returns the upper edge, in seconds, of the bucket that a share of the
// counts reaches.
func percentile(counts []uint64, edges []float64, share float64) time.Duration {
	all, before := uint64(0), uint64(0)
	for _, n := range counts {
		all += n
	}
	for i, n := range counts {
		if before += n; n > 0 && float64(before) >= share*float64(all) {
			edge := edges[i+1]
			if math.IsInf(edge, 1) {
				edge = edges[i]
			}
			return time.Duration(edge * float64(time.Second))
		}
	}
	return 0
}
