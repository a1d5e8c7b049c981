package workloads

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"time"
)

// Options are what Open needs beside the [workload] table.
type Options struct {
	Seed     uint64
	Profiles fs.FS        // holds workloads/NAME.toml
	Folder   string       // that relative paths of traces start from; "" is the working folder
	Context  int          // tokens of the longest prompt and reply that can be served; 0 if unknown
	Warn     func(string) // told of what was put right in a trace; may be nil
}

// A Workload is a checked, reproducible supply of requests: each Source drawn
// from it yields the same ones. It may be used by several goroutines.
type Workload struct {
	spec   Spec // effective
	seed   uint64
	origin origin
	limit  int           // most requests
	end    time.Duration // no request arrives at or after it
	start  time.Duration // recorded, of the first request
	factor float64       // of times since then

	context int // tokens that can be served; 0 if unknown
}

// An origin supplies the rows that a workload is made of.
type origin interface {
	// open returns the rows from the first on.
	open(seed uint64) (rows, error)
}

// Open checks the spec and its source, and returns the workload. A trace is read
// once, whole; it stays on disk unless its rows have to be sorted or resampled.
// Errors are one line and name the key, or the file and line, at fault.
func Open(spec Spec, o Options) (*Workload, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	w := &Workload{spec: spec, seed: o.Seed, limit: or(spec.Requests, math.MaxInt), end: or(spec.Duration, math.MaxInt64), factor: 1, context: o.Context}
	if s := spec.Arrivals.Stages; s != nil {
		w.end = min(w.end, span(s))
	}
	if err := w.openOrigin(o); err != nil {
		return nil, err
	}
	// Defaults that come from the source may be at fault too.
	if err := cmp.Or(w.spec.Arrivals.Validate(), w.checkSpan(), w.checkContext(o.Context)); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Workload) openOrigin(o Options) error {
	if w.spec.Trace != "" {
		return w.openTrace(o)
	}
	return w.openEmbedded(o.Profiles)
}

// openEmbedded draws lengths from an embedded workload. It is not needed, and
// may be missing, where prompts and replies both have a distribution.
func (w *Workload) openEmbedded(profiles fs.FS) error {
	s := &w.spec
	w.defaultProcess("poisson")
	if s.Requests == nil && s.Duration == nil && s.Arrivals.Stages == nil {
		w.limit = defaultRequests
		s.Requests = &w.limit
	}
	if s.Source == "" && s.Prompt.Distribution != "" && s.Output.Distribution != "" {
		w.origin = nowhere{}
		return nil
	}
	if s.Source == "" {
		s.Source = defaultSource
	}
	e, err := openEmbedded(profiles, s.Source)
	if err != nil {
		return err
	}
	w.origin = e
	e.Recorded.complete(&s.Arrivals)
	return nil
}

// defaultProcess writes the process, and the rate of those that need one, into
// the spec.
func (w *Workload) defaultProcess(process string) {
	a := &w.spec.Arrivals
	if a.Process == "" {
		a.Process = process
	}
	if a.Rate == nil && a.Stages == nil && a.Process != processTrace && a.Process != processClosedLoop {
		rate := defaultRate
		a.Rate = &rate
	}
}

// Effective returns the spec with the defaults written out. Opened in its turn,
// it gives the same requests.
func (w *Workload) Effective() Spec { return w.spec }

// Closed reports whether arrivals depend on completions: the sources are
// Conversations.
func (w *Workload) Closed() bool {
	return w.spec.Arrivals.Process == processClosedLoop || w.spec.Sessions.Turns != nil
}

// Source returns the requests from the first on, with MaxTokens left 0. It is a
// Conversation if the workload is Closed. If a trace is changed while it is being
// played the source ends early, and its method Err() error tells why.
func (w *Workload) Source() (Source, error) {
	f, err := w.feed()
	if err != nil {
		return nil, err
	}
	if c := w.spec.Sessions; c.Turns != nil {
		return &sessions{feed: f, turns: *c.Turns, think: or(c.Think, 0), context: w.context, under: map[int]*session{}}, nil
	}
	if a := w.spec.Arrivals; w.Closed() {
		return &loop{feed: f, users: *a.Users, think: or(a.Think, 0)}, nil
	}
	return &f, nil
}

func (w *Workload) feed() (feed, error) {
	f := feed{limit: w.limit, end: w.end}
	var err error
	if f.rows, err = w.origin.open(w.seed); err != nil {
		return f, err
	}
	if tick := w.spec.Spread; tick != nil {
		f.rows = &spread{rows: f.rows, tick: *tick, random: Stream(w.seed, "spread")}
	}
	f.classes = w.spec.Classes.open(w.seed)
	f.system = w.spec.SystemPrompt.open(w.seed)
	if f.prompt, err = w.spec.Prompt.lengths("workload.prompt", Stream(w.seed, "prompt")); err != nil {
		return f, err
	}
	if f.output, err = w.spec.Output.lengths("workload.output", Stream(w.seed, "output")); err != nil {
		return f, err
	}
	f.clock, err = w.clock()
	return f, err
}

func (w *Workload) clock() (clock, error) {
	a := w.spec.Arrivals
	gaps, err := a.gaps(Stream(w.seed, "arrivals"))
	if gaps == nil || err != nil {
		return &recorded{start: w.start, factor: w.factor}, err
	}
	if a.Stages != nil {
		return &staged{gaps: gaps, stages: a.Stages}, nil
	}
	return &paced{gaps: gaps, rate: *a.Rate}, nil
}

// checkSpan refuses arrivals that would overflow.
func (w *Workload) checkSpan() error {
	a := w.spec.Arrivals
	if a.Rate == nil || w.spec.Duration != nil {
		return nil
	}
	if span := float64(w.limit) / *a.Rate; span > longestSpan.Seconds() {
		return fmt.Errorf("workload.arrivals.rate: %v with %d requests lasts %.3g s (must be at most %.3g s)", *a.Rate, w.limit, span, longestSpan.Seconds())
	}
	return nil
}

// nowhere supplies empty rows, for workloads whose lengths are all drawn.
type nowhere struct{}

func (nowhere) open(uint64) (rows, error) { return nowhere{}, nil }
func (nowhere) next(*row) bool            { return true }

func (e Embedded) open(seed uint64) (rows, error) { return e.Lengths.rows(seed) }
