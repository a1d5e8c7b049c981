package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// bench are the results of "vllm bench serve --save-detailed" and of sglang's
// bench_serving --output-details: one object or several, a list per field, in seconds.
var bench = kind{
	key:  "bench",
	name: "vLLM's or SGLang's bench",
	begins: func(_ string, first []byte) bool {
		return bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")) && !bytes.Contains(first, []byte(`"metadata"`)) &&
			!bytes.Contains(first, []byte(`"format"`))
	},
	read: readBench,
}

// benchObject is a run. Newer versions have more of the lists.
type benchObject struct {
	Inputs   []int       `json:"input_lens"`
	Outputs  []int       `json:"output_lens"`
	First    []float64   `json:"ttfts"` // s
	Gaps     [][]float64 `json:"itls"`  // s, between chunks
	Starts   []float64   `json:"start_times"`
	Failures []string    `json:"errors"` // "" if it finished
}

func readBench(_ string, r io.Reader, _ Sibling) (rec recording, err error) {
	d := json.NewDecoder(r)
	for {
		var o benchObject
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return rec, err
		}
		if err := o.add(&rec); err != nil {
			return rec, err
		}
	}
	return rec, nil
}

func (o *benchObject) add(rec *recording) error {
	n := len(o.First)
	if n == 0 || len(o.Gaps) != n || len(o.Inputs) != n || len(o.Outputs) != n {
		return fmt.Errorf("%d ttfts, %d itls, %d input_lens and %d output_lens (must be one of each per request, as with --save-detailed or --output-details)",
			n, len(o.Gaps), len(o.Inputs), len(o.Outputs))
	}
	origin := 0.0
	if len(o.Starts) == n {
		origin = o.Starts[0]
		for _, s := range o.Starts {
			origin = min(origin, s)
		}
	} else if rec.missing == nil {
		rec.missing = []string{"when requests were sent: durations, rates and goodput mean nothing"}
	}
	for i := range n {
		x := reply{promptTokens: o.Inputs[i], tokens: o.Outputs[i]}
		if len(o.Starts) == n {
			x.arrival = seconds(o.Starts[i] - origin)
		}
		if i < len(o.Failures) {
			x.failure = o.Failures[i]
		}
		if x.failure == "" || o.First[i] > 0 {
			x.chunks = cumulate(x.arrival, o.First[i], o.Gaps[i])
		}
		rec.replies = append(rec.replies, x)
	}
	return nil
}

// cumulate returns the times of chunks by the gaps between them, in seconds.
func cumulate(arrival time.Duration, first float64, gaps []float64) []time.Duration {
	at := arrival + seconds(first)
	all := []time.Duration{at}
	for _, g := range gaps {
		at += seconds(g)
		all = append(all, at)
	}
	return all
}
