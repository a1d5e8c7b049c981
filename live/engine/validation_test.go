package engine_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/live"
	"metronome/live/calibration"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

// config is the simulated engine.
func config(batch int) (sim.Config, error) {
	kind, err := scheduler.Lookup("llamacpp")
	return sim.Config{Router: new(scheduler.RoundRobin), Pools: []sim.Pool{{
		Replicas: 1, Blocks: slots * slotTokens / 16, BlockSize: 16, MaxSequences: slots,
		MaxModelLen: slotTokens, MaxOutputTokens: slotTokens,
		Policy: func() scheduler.Policy { return kind.New(scheduler.Limits{TokenBudget: batch, LongestChunk: batch}) },
	}}}, err
}

// load returns requests with prompts from a few tokens to the longest, evenly in the
// logarithm, that arrive at a rate per second.
func load(n int, rate float64, longest int, seed uint64) (all []workloads.Request) {
	random := rand.New(rand.NewPCG(seed, 5))
	at := 0.0
	for range n {
		prompt := int(16 * math.Pow(float64(longest)/16, random.Float64()))
		all = append(all, request(time.Duration(at*1e9), prompt, 20+random.IntN(80)))
		at += random.ExpFloat64() / rate
	}
	return all
}

// groups returns requests for the fit: one to four nearly at once, so that replies tell
// of batches of all sizes. A group is sent when the one before is done, and so no reply
// tells of a queue.
func groups(n int, apart time.Duration, seed uint64) (all [][]workloads.Request) {
	random := rand.New(rand.NewPCG(seed, 6))
	for i := range n {
		var group []workloads.Request
		at := time.Duration(0)
		for range 1 + i%slots {
			prompt := int(16 * math.Pow(3000.0/16, random.Float64()))
			group = append(group, request(at, prompt, 20+random.IntN(80)))
			at += time.Duration(float64(apart) * (0.5 + random.Float64()))
		}
		all = append(all, group)
	}
	return all
}

// pace returns what a lone request takes, the median of five: by how much it differs
// from run to run the machine has changed its speed.
func pace(t *testing.T, e *live.Endpoint, p *live.Prompter) time.Duration {
	t.Helper()
	var all []time.Duration
	for range 5 {
		x := play(t, e, p, request(0, 512, 30))[0]
		all = append(all, time.Duration(x.Ended-x.Sent))
	}
	return median(slices.Sorted(slices.Values(all)))
}

// predicted returns what becomes of requests on the simulated engine.
func predicted(t *testing.T, engine *hardware.Engine, batch int, requests []workloads.Request) *metrics.Report {
	t.Helper()
	c, err := config(batch)
	if err != nil {
		t.Fatal(err)
	}
	run := calibration.Run{Requests: append([]workloads.Request(nil), requests...)}
	for i := range run.Requests {
		run.Requests[i].ID = i
	}
	all, err := run.Simulate(context.Background(), c, *engine.Law, engine)
	if err != nil {
		t.Fatal(err)
	}
	return report(all)
}

func report(all []*metrics.Completion) *metrics.Report {
	slo := metrics.DefaultSLO()
	slo.TBT = 100 * time.Millisecond
	set := metrics.New(metrics.Options{SLO: slo, Requests: len(all), Recorded: true})
	for _, c := range all {
		set.Finished(c)
	}
	return set.Report()
}

func completions(all []*live.Exchange) (c []*metrics.Completion) {
	for _, x := range all {
		c = append(c, x.Completion(nil))
	}
	return c
}

const (
	large = "chunks of 512"
	small = "chunks of 128"
)

// A law that is fitted to one run predicts what other loads, and chunks of another size,
// will do before they are measured. The table goes to the file that
// METRONOME_VALIDATION names; what is asserted is only the direction.
func TestCalibratedSimulation(t *testing.T) {
	file := os.Getenv("METRONOME_VALIDATION")
	if file == "" {
		t.Skip("METRONOME_VALIDATION names no file: scripts/live-validation runs this")
	}
	s := start(t)
	e, p := s.model(512)
	pace(t, e, p) // warms the engine up
	unit := pace(t, e, p)
	fit := fitted(t, e, p, unit)
	var text strings.Builder
	fmt.Fprintf(&text, "Fitted to %d replies in chunks of 512 tokens, one to four at once: typical errors %.1f %% of TTFT, %.1f %% of TPOT. "+
		"A lone request of 512 + 30 tokens took %d ms.\n\n```\n", fit.Replies, 100*fit.TTFT, 100*fit.TPOT, unit.Milliseconds())
	fit.WriteTo(&text)
	text.WriteString("```\n")
	p99 := map[string][2]float64{}
	rate := 0.35 / unit.Seconds()
	for _, other := range []struct {
		name     string
		batch    int
		requests []workloads.Request
	}{
		{large, 512, load(24, rate, 3000, 2)},
		{"chunks of 512, shorter prompts at twice the rate", 512, load(36, 2*rate, 800, 3)},
		{small, 128, load(24, rate, 3000, 2)},
	} {
		simulated := predicted(t, &fit.Engine, other.batch, other.requests)
		m := measured(t, s, e, p, other.batch, unit, other.requests)
		table(&text, other.name, simulated, m.report)
		fmt.Fprintf(&text, "\nA lone request took %+.1f %% before it and %+.1f %% after it, against the run of the fit. Tries: %d.\n", m.before, m.after, m.tries)
		a, _ := simulated.Lookup("latency.tbt_ms.p99")
		b, _ := m.report.Lookup("latency.tbt_ms.p99")
		p99[other.name] = [2]float64{a, b}
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if small, large := p99[small], p99[large]; small[0] >= large[0] || small[1] >= large[1] {
		t.Errorf("P99 TBT in chunks of 128 and 512: simulated %.0f and %.0f ms, measured %.0f and %.0f ms (want the former less)", small[0], large[0], small[1], large[1])
	}
}

// fitted returns the law that is fitted to groups of requests.
func fitted(t *testing.T, e *live.Endpoint, p *live.Prompter, unit time.Duration) *calibration.Fit {
	t.Helper()
	var runs []calibration.Run
	for _, g := range groups(24, unit/8, 1) {
		run, err := calibration.FromExchanges(play(t, e, p, g...))
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	fit, err := calibration.FitLaw(t.Context(), runs, func() (sim.Config, error) { return config(512) })
	if err != nil {
		t.Fatal(err)
	}
	return fit
}

// A measurement is a run on the engine, and by how many percent a lone request took
// longer before and after it than when the law was fitted.
type measurement struct {
	report        *metrics.Report
	before, after float64
	tries         int
}

// The most by which a lone request may differ, in percent, before the machine is not that
// of the fit any more, and how often a run is tried until it is. What is measured in
// the run has no say in it.
const steady, mostTries = 10, 2

func measured(t *testing.T, s *server, reference *live.Endpoint, words *live.Prompter, batch int, unit time.Duration, requests []workloads.Request) (m measurement) {
	t.Helper()
	e, p := s.model(batch)
	off := func() float64 { return 100 * (float64(pace(t, reference, words))/float64(unit) - 1) }
	for m.tries < mostTries {
		m.tries++
		m.before = off()
		play(t, e, p, request(0, 512, 30)) // loads the model again
		m.report = report(completions(play(t, e, p, requests...)))
		m.after = off()
		if max(math.Abs(m.before), math.Abs(m.after)) <= steady {
			break
		}
	}
	return m
}

// table writes the figures of a simulated and a measured run side by side, and how far
// off they are asked to be at most.
func table(text *strings.Builder, name string, simulated, measured *metrics.Report) {
	fmt.Fprintf(text, "\n## %s\n\n| | simulated | measured | error | target |\n|---|---|---|---|---|\n", name)
	for _, row := range []struct{ name, key, target string }{
		{"TTFT mean, ms", "latency.ttft_ms.mean", "15 %"}, {"TPOT mean, ms", "latency.tpot_ms.mean", "8 %"}, {"E2E mean, ms", "latency.e2e_ms.mean", "10 %"},
		{"TBT P99, ms", "latency.tbt_ms.p99", ""}, {"longest stall, ms", "fluidity.longest_stall_ms", ""},
	} {
		a, _ := simulated.Lookup(row.key)
		b, _ := measured.Lookup(row.key)
		fmt.Fprintf(text, "| %s | %.1f | %.1f | %+.1f %% | %s |\n", row.name, a, b, 100*(a/b-1), row.target)
	}
	a, _ := simulated.Lookup("fluidity.reset_mean")
	b, _ := measured.Lookup("fluidity.reset_mean")
	fmt.Fprintf(text, "| fluidity-index mean at 100 ms | %.3f | %.3f | %+.3f | 0.05 |\n", a, b, a-b)
}
