package validation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// A Run is an experiment as it was simulated, beside its record.
type Run struct {
	Experiment *Experiment
	Err        error // why there is no simulation

	Spans       []Span // wholeRun first, if it was recorded, then stages
	Preemptions int    // simulated

	// Of requests one by one, where they were recorded.
	PerRequest *PerRequest
}

// A Span is the whole run or a stage of it.
type Span struct {
	Stage     int
	Requests  int // simulated
	Failed    int // of them
	Simulated Latencies
	Warm      Latencies // without the first requests
	Rate      float64   // finished requests per second

	Figures     []Figure // measured, beside what was simulated
	WarmFigures []Figure

	Distributions []Distribution // of E2E, TTFT and TPOT
}

// Latencies are those of a span, as clients saw them.
type Latencies struct{ TTFT, TPOT, E2E Stats }

// A Figure is a measured value and its prediction, latencies in ms.
type Figure struct {
	Name                string // such as "e2e_p99"; "tpot" is the mean
	Predicted, Measured float64
	Source              string // of the measured value
}

// Error returns by how many percent the prediction is off.
func (f Figure) Error() float64 { return ape(f.Predicted, f.Measured) }

// A PerRequest compares requests one by one.
type PerRequest struct {
	Failed int     // as recorded
	E2E    float64 // distance of the distributions of E2E, 0 to 1
	TTFT   float64 // the same of TTFT
	TPOT   float64 // mean error of the time per output token, percent
}

// warmup is the number of requests that figures of a warm engine leave out.
const warmup = 100

// Run simulates an experiment of the folder. What could not be read or simulated
// is at fault.
func (f *Folder) Run(ctx context.Context, s *Simulator, x *Experiment) (run *Run, faults []error) {
	run = &Run{Experiment: x}
	recorded, inside, err := f.requests(x, func(err error) { faults = append(faults, err) })
	var t trial
	if err == nil {
		t, err = s.experiment(x, f.rig(x), recorded, f.promptTokens(x))
	}
	if err == nil {
		t.inside = inside
		run.Preemptions, err = t.run(ctx)
	}
	if err != nil {
		run.Err = fmt.Errorf("%s: %w", x.ID, err)
		return run, append(faults, run.Err)
	}
	f.compare(run, t.requests, recorded)
	return run, faults
}

// requests reads the requests of an experiment, nil if they were not recorded.
func (f *Folder) requests(x *Experiment, complain func(error)) (all []request, inside bool, err error) {
	if x.RequestFile == "" {
		return nil, false, nil
	}
	all, inside, err = readRequests(f.files, x, complain)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: no requests (must have a line for each)", x.RequestFile)
	}
	return all, inside, err
}

// promptTokens returns the mean length of the prompts, as the engine counts.
func (f *Folder) promptTokens(x *Experiment) int {
	sum, n := 0.0, 0
	for stage := range x.Stages {
		if v, ok := f.all[figureKey{x.ID, stage, "prompt_len", "mean"}]; ok {
			sum, n = sum+v.value, n+1
		}
	}
	if n > 0 {
		return int(sum/float64(n) + 0.5)
	}
	return int(float64(x.PromptTokens)*generated + 0.5)
}

// compare sets what was simulated beside what was measured.
func (f *Folder) compare(run *Run, simulated, recorded []request) {
	for stage := wholeRun; stage < len(run.Experiment.Stages); stage++ {
		span := newSpan(simulated, stage)
		span.Figures = f.beside(run.Experiment, stage, f.all, &span.Simulated, span.Rate)
		span.WarmFigures = f.beside(run.Experiment, stage, f.warm, &span.Warm, span.Rate)
		span.Distributions = distributions(simulated, recorded, stage)
		if len(span.Figures) > 0 {
			run.Spans = append(run.Spans, span)
		}
	}
	if recorded != nil {
		run.PerRequest = compareRequests(simulated, recorded)
	}
}

// newSpan sums up a stage.
func newSpan(all []request, stage int) Span {
	span := Span{Stage: stage}
	var of []request
	from := 0
	for i, r := range all {
		if stage == wholeRun || r.stage == stage {
			of = append(of, r)
		}
		if i < warmup {
			from = len(of)
		}
	}
	span.Requests = len(of)
	span.Simulated = latencies(of)
	span.Warm = latencies(of[from:])
	for i := range of {
		if of[i].failed {
			span.Failed++
		}
	}
	if t := duration(of); t > 0 {
		span.Rate = float64(span.Requests-span.Failed) / t.Seconds()
	}
	return span
}

// duration returns the time from the first arrival to the last reply, over all
// stages: what lies between stages does not count.
func duration(all []request) (sum time.Duration) {
	for len(all) > 0 {
		n, _ := slices.BinarySearchFunc(all, all[0].stage+1, func(r request, s int) int { return cmp.Compare(r.stage, s) })
		first, last := all[0].arrival, all[0].arrival
		for _, r := range all[:n] {
			first = min(first, r.arrival)
			if !r.failed {
				last = max(last, r.arrival+r.e2e)
			}
		}
		sum += last - first
		all = all[n:]
	}
	return sum
}

// latencies describes requests that did not fail.
func latencies(all []request) (l Latencies) {
	var ttft, tpot, e2e []time.Duration
	for _, r := range all {
		if r.failed {
			continue
		}
		ttft, e2e = append(ttft, r.ttft), append(e2e, r.e2e)
		if t, ok := r.tpot(); ok {
			tpot = append(tpot, t)
		}
	}
	return Latencies{describe(ttft), describe(tpot), describe(e2e)}
}

// beside returns the measured figures of a span with their predictions.
func (f *Folder) beside(x *Experiment, stage int, from figures, l *Latencies, rate float64) (all []Figure) {
	add := func(name, metric, stat string, predicted float64) {
		if v, ok := from.lookup(x, stage, metric, stat); ok && predicted > 0 {
			all = append(all, Figure{name, predicted, v.value, v.source})
		}
	}
	for _, m := range []struct {
		name string
		s    *Stats
	}{{"e2e", &l.E2E}, {"ttft", &l.TTFT}, {"tpot", &l.TPOT}} {
		mean := m.name + "_mean"
		if m.name == "tpot" {
			mean = m.name
		}
		add(mean, m.name, "mean", m.s.Mean)
		add(m.name+"_p50", m.name, "p50", m.s.P50)
		add(m.name+"_p90", m.name, "p90", m.s.P90)
		add(m.name+"_p99", m.name, "p99", m.s.P99)
	}
	add("throughput", "throughput", "requests_per_s", rate)
	return all
}

// compareRequests compares requests one by one.
func compareRequests(simulated, recorded []request) *PerRequest {
	p := new(PerRequest)
	var errors []float64
	for i := range recorded {
		if recorded[i].failed {
			p.Failed++
		}
		a, ok := simulated[i].tpot()
		b, ok2 := recorded[i].tpot()
		if ok && ok2 && b > 0 {
			errors = append(errors, ape(float64(a), float64(b)))
		}
	}
	p.TPOT = pool(errors).Mean
	e2e := func(r *request) time.Duration { return r.e2e }
	ttft := func(r *request) time.Duration { return r.ttft }
	p.E2E = distance(sorted(simulated, e2e), sorted(recorded, e2e))
	p.TTFT = distance(sorted(simulated, ttft), sorted(recorded, ttft))
	return p
}

// sorted returns a latency of all requests that did not fail.
func sorted(all []request, of func(*request) time.Duration) (values []time.Duration) {
	for i := range all {
		if !all[i].failed {
			values = append(values, of(&all[i]))
		}
	}
	slices.Sort(values)
	return values
}
