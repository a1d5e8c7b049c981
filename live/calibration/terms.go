package calibration

import (
	"fmt"
	"io"

	"metronome/hardware"
)

// A term is a part of the time that replies take. It is looked for as a logarithm, so
// that it is positive.
type term struct {
	table, name string // in the profile of an engine
	of          func(*hardware.Engine) *float64
	load        string // what load would tell it
	alike       bool   // costs every request alike, so that it need not be known if it is little
	far         bool   // grows with lengths, so that short ones do not tell it, however well they are met
}

var terms = []term{
	{"", "request_us", func(e *hardware.Engine) *float64 { return &e.RequestMicros }, "lone short prompts", true, false},
	{"law", "iteration_us", func(e *hardware.Engine) *float64 { return &e.Law.IterationMicros }, "replies of many tokens, two at once and many at once", false, false},
	{"law", "lone_us", func(e *hardware.Engine) *float64 { return &e.Law.LoneMicros }, "replies of many tokens, one at a time", false, false},
	{"law", "decode_us", func(e *hardware.Engine) *float64 { return &e.Law.DecodeMicros }, "replies of many tokens, one at a time and many at once", false, false},
	{"law", "context_ns", func(e *hardware.Engine) *float64 { return &e.Law.ContextNanos }, "replies to short prompts and to prompts near the longest context", false, true},
	{"law", "prompt_us", func(e *hardware.Engine) *float64 { return &e.Law.PromptMicros }, "prompts of lengths that differ tenfold", false, true},
	{"law", "pair_ns", func(e *hardware.Engine) *float64 { return &e.Law.PairNanos }, "prompts near the longest context beside short ones", false, true},
}

// A Term is a fitted part of the time that replies take.
type Term struct {
	Table   string // of the profile of an engine; "" is none
	Name    string
	Value   float64
	Error   float64 // standard error, as a share of the value; infinite if the data do not tell
	Unknown bool    // the data do not tell it
	Load    string  // what load would
}

// WriteTo writes the profile of the engine.
func (f *Fit) WriteTo(w io.Writer) (int64, error) {
	text := fmt.Appendf(nil, "title  = \"a live system\"\nsource = \"fitted to %d replies: typical errors %.1f %% of TTFT, %.1f %% of TPOT\"\n\n",
		f.Replies, 100*f.TTFT, 100*f.TPOT)
	table := ""
	for _, t := range f.Terms {
		if t.Table != table {
			table = t.Table
			text = fmt.Appendf(text, "\n[%s]\n", table)
		}
		note := fmt.Sprintf("± %.0f %%", 100*t.Error)
		if t.Unknown {
			note = "the runs do not tell: it takes " + t.Load
		}
		text = fmt.Appendf(text, "%-12s = %-12.6g # %s\n", t.Name, t.Value, note)
	}
	n, err := w.Write(text)
	return int64(n), err
}
