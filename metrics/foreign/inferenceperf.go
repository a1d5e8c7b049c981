package foreign

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

// inferencePerf is per_request_lifecycle_metrics.json of inference-perf: a list of
// requests, with times in seconds of one clock.
var inferencePerf = kind{
	key:  "inference-perf",
	name: "inference-perf's per-request metrics",
	begins: func(_ string, first []byte) bool {
		return bytes.HasPrefix(bytes.TrimSpace(first), []byte("["))
	},
	read: readInferencePerf,
}

type inferencePerfRequest struct {
	Scheduled *float64 `json:"scheduled_time"`
	Start     float64  `json:"start_time"`
	End       float64  `json:"end_time"`
	Info      struct {
		Input  int       `json:"input_tokens"`
		Output int       `json:"output_tokens"`
		Tokens []float64 `json:"output_token_times"`
		Chunks []float64 `json:"chunk_times"`
	} `json:"info"`
	Error json.RawMessage `json:"error"`
}

func readInferencePerf(_ string, r io.Reader, _ Sibling) (rec recording, err error) {
	var all []inferencePerfRequest
	if err := json.NewDecoder(r).Decode(&all); err != nil {
		return rec, err
	}
	scheduled := 0
	for _, q := range all {
		x := reply{arrival: seconds(q.Start), promptTokens: q.Info.Input, tokens: q.Info.Output}
		if q.Scheduled != nil && *q.Scheduled <= q.Start {
			x.arrival = seconds(*q.Scheduled)
			scheduled++
		}
		times := q.Info.Tokens
		if len(times) == 0 {
			times = q.Info.Chunks
		}
		x.chunks = make([]time.Duration, len(times))
		for i, t := range times {
			x.chunks[i] = seconds(t)
		}
		if len(q.Error) > 0 && string(q.Error) != "null" {
			x.failure = "failed"
		}
		rec.replies = append(rec.replies, x)
	}
	if scheduled < len(all) {
		rec.missing = []string{"when all requests should have been sent: latency is from when they were"}
	}
	return rec, nil
}
