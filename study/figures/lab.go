package figures

import (
	"context"
	"embed"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"metronome/metrics"
	"metronome/study"
)

//go:embed experiments
var experiments embed.FS

// A Lab is where figures run their experiments.
type Lab struct {
	Profiles fs.FS
	Folder   string // with the experiment files
}

// Open returns a lab whose experiment files are written to a folder, so that
// anybody may run them again.
func Open(profiles fs.FS, folder string) (Lab, error) {
	files, err := fs.Sub(experiments, "experiments")
	if err != nil {
		return Lab{}, err
	}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return study.WriteFile(folder, name, text)
	})
	return Lab{profiles, folder}, err
}

// plan works an experiment out.
func (l Lab) plan(name string, settings ...string) (*study.Plan, error) {
	e, err := study.Open(filepath.Join(l.Folder, name+".toml"), settings...)
	if err != nil {
		return nil, err
	}
	return e.Plan(study.Options{Profiles: l.Profiles})
}

// run runs an experiment.
func (l Lab) run(ctx context.Context, name string, settings ...string) (*run, error) {
	p, err := l.plan(name, settings...)
	if err != nil {
		return nil, err
	}
	r := &run{plan: p}
	r.report, err = p.Run(ctx, r)
	slices.SortFunc(r.replies, func(a, b reply) int { return a.id - b.id })
	return r, err
}

// A run is a simulated experiment with the token times of all replies.
type run struct {
	plan    *study.Plan
	report  *metrics.Report
	gaps    metrics.Histogram // between tokens of one reply
	replies []reply           // of the requests that finished, in order of arrival
}

// A reply is a finished request.
type reply struct {
	id                int
	arrival, admitted time.Duration
	tokens            []time.Duration
}

// Iteration implements metrics.Recorder.
func (r *run) Iteration(it *metrics.Iteration) {
	r.gaps.RecordN(it.StepGap, it.StepGaps)
	for _, d := range it.OwnGaps {
		r.gaps.Record(d)
	}
}

// Finished implements metrics.Recorder.
func (r *run) Finished(c *metrics.Completion) {
	if c.Outcome == metrics.Finished {
		tokens := slices.Concat(c.Own, c.Steps)
		r.replies = append(r.replies, reply{c.Request.ID, c.Request.Arrival, c.Admitted, tokens})
	}
}

// add takes in what another run has seen, its replies after those of this one.
func (r *run) add(o *run) {
	r.gaps.Merge(&o.gaps)
	r.replies = append(r.replies, o.replies...)
}

func (p reply) ttft() time.Duration  { return p.tokens[0] - p.arrival }
func (p reply) delay() time.Duration { return p.admitted - p.arrival }

// normalised returns the time from arrival to the end per output token.
func (p reply) normalised() time.Duration {
	return (p.tokens[len(p.tokens)-1] - p.arrival) / time.Duration(len(p.tokens))
}

// longestGap returns the longest gap between two tokens of a reply.
func (p reply) longestGap() (longest time.Duration) {
	for i := 1; i < len(p.tokens); i++ {
		longest = max(longest, p.tokens[i]-p.tokens[i-1])
	}
	return longest
}

// times returns when the tokens of all replies came, in seconds and in order.
func (r *run) times() []float64 {
	var all []float64
	for _, p := range r.replies {
		for _, t := range p.tokens {
			all = append(all, t.Seconds())
		}
	}
	slices.Sort(all)
	return all
}

// seconds returns a property of every reply, in ascending order.
func (r *run) seconds(of func(reply) time.Duration) []float64 {
	var all []float64
	for _, p := range r.replies {
		all = append(all, of(p).Seconds())
	}
	slices.Sort(all)
	return all
}

// pool runs an experiment with several seeds from 1 on.
func (l Lab) pool(ctx context.Context, seeds int, name string, settings ...string) (*run, error) {
	var all *run
	for seed := range seeds {
		r, err := l.run(ctx, name, append(settings, "seed="+Number(float64(seed+1)))...)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = r
		} else {
			all.add(r)
		}
	}
	return all, nil
}
