package validation

import "metronome/hardware"

// A constant is one of the figures of an engine that recordings tell.
type constant struct {
	name  string
	of    func(*hardware.Engine) *float64
	nudge float64 // by which it is changed to see what follows
	host  bool    // it is time of the host, hidden behind the GPU where iterations are planned ahead
}

// constants are fitted together, by engine. They are the same for all models, GPUs
// and loads. Those of the host are 0 where they are hidden.
var constants = []constant{
	{"iteration_us", func(e *hardware.Engine) *float64 { return &e.IterationMicros }, 100, true},
	{"per_sequence_us", func(e *hardware.Engine) *float64 { return &e.SequenceMicros }, 3, true},
	{"per_logit_bytes", func(e *hardware.Engine) *float64 { return &e.SortBytes }, 130, false},
	{"penalty_us", func(e *hardware.Engine) *float64 { return &e.PenaltyMicros }, 100, false},
	{"sync_us", func(e *hardware.Engine) *float64 { return &e.SyncMicros }, 1, false},
	{"prefill_us", func(e *hardware.Engine) *float64 { return &e.PrefillMicros }, 300, false},
	{"request_us", func(e *hardware.Engine) *float64 { return &e.RequestMicros }, 1000, false},
	{"per_prompt_token_us", func(e *hardware.Engine) *float64 { return &e.PromptMicros }, 2, false},
}

// setting returns what gives an engine its constants.
func setting(v []float64) func(*hardware.Engine) {
	return func(e *hardware.Engine) {
		for i, c := range constants {
			*c.of(e) = v[i]
		}
	}
}
