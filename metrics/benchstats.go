package metrics

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// totals returns the fields that sum up a run.
func (b *BenchWriter) totals() []member {
	var s span
	completed, prompts, outputs := 0, 0, 0
	for _, r := range b.requests {
		s.merge(span{true, r.arrival, r.last})
		if r.failure == "" {
			completed++
			prompts += r.prompt
			outputs += len(r.gaps) + 1
		}
	}
	return []member{
		{"duration", s.seconds()},
		{"completed", completed},
		{"failed", len(b.requests) - completed},
		{"total_input_tokens", prompts},
		{"total_output_tokens", outputs},
		{"request_throughput", s.rate(float64(completed))},
		{"request_goodput", nil},
		{"output_throughput", s.rate(float64(outputs))},
		{"total_token_throughput", s.rate(float64(prompts + outputs))},
		{"max_output_tokens_per_s", b.busiestSecond()},
		{"max_concurrent_requests", b.mostAtOnce()},
	}
}

// busiestSecond returns the most output tokens in one of the seconds from the
// first arrival.
func (b *BenchWriter) busiestSecond() (most float64) {
	seconds := map[time.Duration]float64{}
	start := time.Duration(math.MaxInt64)
	for _, r := range b.requests {
		start = min(start, r.arrival)
	}
	for _, r := range b.requests {
		if r.failure != "" {
			continue
		}
		at := r.arrival + r.first
		seconds[(at-start)/time.Second]++
		for _, gap := range r.gaps {
			at += gap
			seconds[(at-start)/time.Second]++
		}
	}
	for _, n := range seconds {
		most = max(most, n)
	}
	return most
}

// mostAtOnce returns the most requests in progress at a time.
func (b *BenchWriter) mostAtOnce() (most int) {
	type change struct {
		at time.Duration
		by int
	}
	var changes []change
	for _, r := range b.requests {
		if r.failure == "" {
			changes = append(changes, change{r.arrival, 1}, change{r.last, -1})
		}
	}
	slices.SortFunc(changes, func(x, y change) int { return cmp.Or(cmp.Compare(x.at, y.at), x.by-y.by) })
	now := 0
	for _, c := range changes {
		now += c.by
		most = max(most, now)
	}
	return most
}

// latencies returns the fields that sum up latencies, in ms.
func (b *BenchWriter) latencies() (fields []member) {
	var ttft, tpot, itl, e2e []float64
	for _, r := range b.requests {
		if r.failure != "" {
			continue
		}
		ttft = append(ttft, ms(r.first))
		e2e = append(e2e, ms(r.last-r.arrival))
		if n := len(r.gaps); n > 0 {
			tpot = append(tpot, ms(r.last-r.arrival-r.first)/float64(n))
		}
		for _, gap := range r.gaps {
			itl = append(itl, ms(gap))
		}
	}
	fields = append(fields, benchStats("ttft_ms", ttft)...)
	fields = append(fields, benchStats("tpot_ms", tpot)...)
	fields = append(fields, benchStats("itl_ms", itl)...)
	return append(fields, benchStats("e2el_ms", e2e)...)
}

// benchStats returns the mean, the median, the deviation of the population and
// the P99, 0 of nothing.
func benchStats(name string, values []float64) []member {
	if len(values) == 0 {
		return []member{{"mean_" + name, 0}, {"median_" + name, 0}, {"std_" + name, 0}, {"p99_" + name, 0}}
	}
	average, squares := mean(values), 0.0
	for _, v := range values {
		squares += (v - average) * (v - average)
	}
	return []member{
		{"mean_" + name, average},
		{"median_" + name, quantile(values, 0.5)},
		{"std_" + name, math.Sqrt(squares / float64(len(values)))},
		{"p99_" + name, quantile(values, 0.99)},
	}
}
