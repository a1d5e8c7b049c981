package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// aiperf is profile_export.jsonl of AIPerf: a request on each line.
var aiperf = kind{
	key:  "aiperf",
	name: "AIPerf's profile_export",
	begins: func(_ string, first []byte) bool {
		return bytes.HasPrefix(first, []byte("{")) && bytes.Contains(first, []byte(`"metadata"`)) && bytes.Contains(first, []byte(`request_start_ns`))
	},
	read: readAIPerf,
}

type aiperfLine struct {
	Metadata struct {
		Start int64  `json:"request_start_ns"`
		Phase string `json:"benchmark_phase"`
	} `json:"metadata"`
	Metrics struct {
		Input  figure     `json:"input_sequence_length"`
		Output figure     `json:"output_sequence_length"`
		First  figure     `json:"time_to_first_token"`
		Gaps   figureList `json:"inter_chunk_latency"`
	} `json:"metrics"`
	Error json.RawMessage `json:"error"`
}

type figure struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

type figureList struct {
	Value []float64 `json:"value"`
	Unit  string    `json:"unit"`
}

func readAIPerf(_ string, r io.Reader, _ Sibling) (rec recording, err error) {
	d := json.NewDecoder(r)
	for {
		var l aiperfLine
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return rec, nil
		} else if err != nil {
			return rec, err
		}
		if l.Metadata.Phase == "warmup" {
			continue
		}
		x := reply{arrival: time.Duration(l.Metadata.Start), promptTokens: int(l.Metrics.Input.Value), tokens: int(l.Metrics.Output.Value)}
		if failed := len(l.Error) > 0 && string(l.Error) != "null"; failed {
			x.failure = "failed"
		} else if err := l.chunks(&x); err != nil {
			return rec, err
		}
		rec.replies = append(rec.replies, x)
	}
}

func (l *aiperfLine) chunks(x *reply) error {
	first, err := inSeconds(l.Metrics.First.Unit)
	if err != nil || l.Metrics.First.Value <= 0 {
		return fmt.Errorf("time_to_first_token: %v %s (must be above 0, in ms or another unit of time)", l.Metrics.First.Value, l.Metrics.First.Unit)
	}
	var gaps []float64
	if len(l.Metrics.Gaps.Value) > 0 {
		unit, err := inSeconds(l.Metrics.Gaps.Unit)
		if err != nil {
			return fmt.Errorf("inter_chunk_latency: %w", err)
		}
		for _, g := range l.Metrics.Gaps.Value {
			gaps = append(gaps, g*unit)
		}
	} else if x.tokens > 1 {
		return errors.New("no inter_chunk_latency (must list the gaps of every reply of several tokens)")
	}
	x.chunks = cumulate(x.arrival, l.Metrics.First.Value*first, gaps)
	return nil
}

func inSeconds(unit string) (float64, error) {
	switch unit {
	case "ms":
		return 1e-3, nil
	case "s", "sec":
		return 1, nil
	case "us":
		return 1e-6, nil
	case "ns":
		return 1e-9, nil
	}
	return 0, fmt.Errorf("unit %q (must be s, ms, us or ns)", unit)
}
