package workloads

import (
	"cmp"
	"fmt"
	"time"
)

// A Spec is the table [workload] of an experiment. Its zero value is the default
// workload. A field that was not written is nil or zero.
type Spec struct {
	Source string `toml:"source,omitempty"` // an embedded workload
	Trace  string `toml:"trace,omitempty"`  // or the path of a recorded one

	Requests *int           `toml:"requests,omitempty"` // most requests that arrive
	Duration *time.Duration `toml:"duration,omitempty"` // no request arrives at or after it

	TimeScale *float64        `toml:"time_scale,omitempty"` // factor of recorded times: 0.5 doubles the rate
	Window    []time.Duration `toml:"window,omitempty"`     // recorded time kept, from and before, since the first row
	Spread    *time.Duration  `toml:"spread,omitempty"`     // rows recorded at one time are spread over this long
	Resample  bool            `toml:"resample,omitempty"`   // draw lengths from the rows of the trace with replacement
	Zero      string          `toml:"zero,omitempty"`       // "skip" drops rows with a length of 0, an error otherwise
	Strict    bool            `toml:"-"`                    // out-of-order rows are an error, not sorted

	// Only carried: metrics and sim act on them.
	Warmup      time.Duration  `toml:"warmup,omitempty"`        // earlier arrivals are left out of tables
	Timeout     *time.Duration `toml:"timeout,omitempty"`       // from arrival until the client aborts
	MaxInFlight *int           `toml:"max_in_flight,omitempty"` // most requests sent and not done with

	Arrivals ArrivalSpec `toml:"arrivals,omitempty"`
	Prompt   LengthSpec  `toml:"prompt,omitempty"`
	Output   LengthSpec  `toml:"output,omitempty"`

	Classes      Classes          `toml:"classes,omitempty"` // drawn for each request, in place of those of the source
	SystemPrompt SystemPromptSpec `toml:"system_prompt,omitempty"`
	Sessions     SessionSpec      `toml:"sessions,omitempty"`
}

const (
	defaultSource   = "azure-conv-2023"
	defaultRequests = 2000
	defaultRate     = 6.0 // requests per second

	// longestSpan bounds every time of a workload, so that what a run adds to it
	// does not overflow.
	longestSpan = 100 * 365 * 24 * time.Hour
)

// Validate checks all that can be checked without opening the source. An error
// names the key and what is allowed, in one line.
func (s Spec) Validate() error {
	return cmp.Or(
		s.validateOrigin(),
		s.validateBounds(),
		s.validateWindow(),
		s.Arrivals.Validate(),
		s.Prompt.validate("workload.prompt"),
		s.Output.validate("workload.output"),
		s.Classes.Validate(),
		s.SystemPrompt.Validate(),
		s.validateSessions(),
		s.validateTraceKeys(),
	)
}

func (s Spec) validateOrigin() error {
	if s.Source != "" && s.Trace != "" {
		return fmt.Errorf("workload.trace: %q beside workload.source %q (write one of them)", s.Trace, s.Source)
	}
	if s.Zero != "" && s.Zero != "skip" {
		return fmt.Errorf("workload.zero: %q (must be \"skip\", or left out)", s.Zero)
	}
	return nil
}

func (s Spec) validateBounds() error {
	return cmp.Or(
		atLeastOne("workload.requests", s.Requests),
		positiveTime("workload.duration", s.Duration),
		positive("workload.time_scale", s.TimeScale),
		positiveTime("workload.spread", s.Spread),
		positiveTime("workload.timeout", s.Timeout),
		atLeastOne("workload.max_in_flight", s.MaxInFlight),
		notNegative("workload.warmup", s.Warmup),
	)
}

func (s Spec) validateSessions() error {
	if s.Sessions.Turns != nil && s.Arrivals.Process == processClosedLoop {
		return fmt.Errorf("workload.sessions.turns: %d beside workload.arrivals.process = %q (sessions are closed loops themselves)", *s.Sessions.Turns, processClosedLoop)
	}
	return s.Sessions.Validate()
}

func (s Spec) validateWindow() error {
	if s.Window == nil {
		return nil
	}
	if len(s.Window) != 2 || s.Window[0] < 0 || s.Window[0] >= s.Window[1] {
		return fmt.Errorf("workload.window: %v (must be two ascending times, such as [\"10m\", \"20m\"])", s.Window)
	}
	return nil
}

// validateTraceKeys refuses keys that need a trace where there is none.
func (s Spec) validateTraceKeys() error {
	if s.Trace != "" {
		return nil
	}
	for _, k := range []struct {
		key string
		set bool
	}{
		{"workload.time_scale", s.TimeScale != nil},
		{"workload.window", s.Window != nil},
		{"workload.spread", s.Spread != nil},
		{"workload.resample", s.Resample},
		{"workload.zero", s.Zero != ""},
		{"workload.arrivals.process = \"trace\"", s.Arrivals.Process == processTrace},
		{"workload.prompt.distribution = \"trace\"", s.Prompt.Distribution == distributionTrace},
		{"workload.output.distribution = \"trace\"", s.Output.Distribution == distributionTrace},
	} {
		if k.set {
			return fmt.Errorf("%s: there is no trace (it needs workload.trace)", k.key)
		}
	}
	return nil
}

func atLeastOne(key string, n *int) error {
	if n != nil && *n < 1 {
		return fmt.Errorf("%s: %d (must be at least 1)", key, *n)
	}
	return nil
}

func notNegative(key string, d time.Duration) error {
	if d < 0 || d > longestSpan {
		return fmt.Errorf("%s: %v (must be between 0 and %v)", key, d, longestSpan)
	}
	return nil
}

func positiveTime(key string, d *time.Duration) error {
	if d != nil && (*d <= 0 || *d > longestSpan) {
		return fmt.Errorf("%s: %v (must be above 0 and at most %v)", key, *d, longestSpan)
	}
	return nil
}
