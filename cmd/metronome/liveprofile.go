package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"metronome/live"
	"metronome/metrics"
	"metronome/study"
)

// The lengths of prompts that are profiled where none are given, in tokens, and how
// often each is.
var profileLengths = []int{64, 128, 256, 512, 1024, 2048, 4096}

const profileRepeat = 3

// leastLengths is how many lengths a curve of three terms takes.
const leastLengths = 3

// checkLengths checks the lengths that are to be profiled, and puts them in order.
func (m *measuring) checkLengths() error {
	slices.Sort(m.lengths)
	m.lengths = slices.Compact(m.lengths)
	if n := len(m.lengths); n > 0 && (n < leastLengths || m.lengths[0] < 1) {
		return fmt.Errorf("--profile-prefill: %v (must be %d different lengths or more, each at least 1 token)", m.lengths, leastLengths)
	}
	return nil
}

// profile measures the lone prefills of the endpoint, and sets the deadlines of first
// tokens by them.
func (m *measurement) profile(ctx context.Context, o study.Options) (err error) {
	if len(m.lengths) == 0 {
		return nil
	}
	if m.scoring.SLO.Prefill != nil {
		return fmt.Errorf("--profile-prefill: beside slo.prefill (only one of them may set deadlines)")
	}
	p := live.Profiler{
		Endpoint: m.endpoint, Prompter: m.prompter, Lengths: m.lengths, Repeat: profileRepeat,
		Timeout: valueOr(m.Experiment.Workload.Timeout, live.DefaultTimeout), Seed: m.Experiment.Seed + 1,
	}
	if m.prefills, err = p.Run(ctx); err != nil {
		return ended(err)
	}
	curve := m.prefills.Curve()
	if len(curve) < 2 {
		return failure{fmt.Errorf("--profile-prefill: prompts of %v tokens come out alike", m.lengths)}
	}
	m.scoring.Reference = fmt.Sprintf("the endpoint, profiled at %d lengths", len(curve))
	m.scoring.Prefill = curve.At
	m.Experiment.SLO.Prefill = &metrics.Prefill{Curve: curve} // in the file that repeats the run
	if plan, err := m.Experiment.Plan(o); err == nil {
		m.simulated = study.Lone(plan)
	}
	return nil
}

// prefillRows returns the profile, and beside it what the simulator says of the
// deployment of the experiment.
func (m *measurement) prefillRows() (rows []metrics.Row) {
	if m.prefills == nil {
		return nil
	}
	add := func(name, stat string, value any) {
		rows = append(rows, metrics.Row{Group: "prefill", Name: name, Stat: stat, Value: value})
	}
	f := m.prefills.Fit
	add("fit", "constant_ms", f.A/1e6)
	add("fit", "per_token_us", f.B/1e3)
	add("fit", "per_token_squared_ns", f.C)
	for _, q := range m.prefills.Points {
		n := strconv.Itoa(q.Tokens)
		add("measured_ms", n, float64(q.Median)/1e6)
		add("fitted_ms", n, float64(q.Fitted)/1e6)
		if m.simulated != nil {
			add("simulated_ms", n, float64(m.simulated(q.Tokens))/1e6)
		}
	}
	return rows
}

// prefill prints the profile.
func (p page) prefill(points []live.ProfilePoint) {
	if points == nil {
		return
	}
	p.title("lone prefill (ms)", "measured", "fitted", "simulated")
	for _, q := range points {
		n := strconv.Itoa(q.Tokens)
		p.row(n+" tokens", show(p.report, "prefill.measured_ms."+n), show(p.report, "prefill.fitted_ms."+n), show(p.report, "prefill.simulated_ms."+n))
	}
}
