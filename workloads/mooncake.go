package workloads

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// mooncake reads lines of JSON, with times in milliseconds.
type mooncake struct{}

// A mooncakeLine is a request. Each of its hash_ids names 512 tokens of the
// prompt and all before them, the last one maybe fewer.
type mooncakeLine struct {
	Timestamp *float64 `json:"timestamp"`
	Input     *int     `json:"input_length"`
	Output    *int     `json:"output_length"`
	HashIDs   []uint32 `json:"hash_ids"`
}

const mooncakeBlock = 512 // tokens of a hash_id

func (mooncake) timed() bool { return true }

// parse implements parser.
func (mooncake) parse(line []byte, r *row) error {
	var m mooncakeLine
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(line, &m); {
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: a %s (must be a number; lengths are whole)", wrong.Field, wrong.Value)
	case err != nil:
		return fmt.Errorf("not an object of JSON: %w", err)
	}
	if m.Timestamp == nil || m.Input == nil || m.Output == nil {
		return errors.New("a key is missing (must have timestamp, input_length, output_length)")
	}
	if !(*m.Timestamp >= 0 && *m.Timestamp <= longestSpan.Seconds()*1000) {
		return fmt.Errorf("timestamp: %v (must be a number of milliseconds, not negative)", *m.Timestamp)
	}
	r.at = time.Duration(math.Round(*m.Timestamp * float64(time.Millisecond)))
	r.prompt, r.output = *m.Input, *m.Output
	r.prefix = m.prefix()
	return cmp.Or(within("input_length", m.Input, 0, MostTokens), within("output_length", m.Output, 0, MostTokens))
}

// prefix returns what the prompt has in common with others.
func (m *mooncakeLine) prefix() *Prefix {
	if len(m.HashIDs) == 0 {
		return nil
	}
	p := &Prefix{Segments: make([]Segment, len(m.HashIDs))}
	rest := *m.Input
	for i, id := range m.HashIDs {
		p.Segments[i] = Segment{Stream: uint64(id), Tokens: min(rest, mooncakeBlock)}
		rest -= p.Segments[i].Tokens
	}
	return p
}

func init() {
	formats.add("mooncake", TraceFormat{
		Name:        "mooncake",
		Description: `Mooncake: lines of {"timestamp": ms, "input_length": …, "output_length": …, "hash_ids": […]}`,
		begins:      func(first string) bool { return strings.HasPrefix(strings.TrimSpace(first), "{") },
		parser:      func(string) (parser, bool, error) { return mooncake{}, false, nil },
	})
}
