package study

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"

	"metronome/metrics"
)

// The ways in which a run of a study ends.
const (
	Done       = "done"
	CannotRun  = "cannot-run" // the experiment is refused, as where a model does not fit
	Overloaded = "overloaded" // given up, as requests piled up without end
)

// A StudyRow is the outcome of one run of a study.
type StudyRow struct {
	Point    int                        `json:"point"`
	Seed     uint64                     `json:"seed"`
	Settings json.RawMessage            `json:"settings"` // an object, keys in the order of the axes
	Status   string                     `json:"status"`
	Reason   string                     `json:"reason,omitempty"`  // why it did not run to its end
	Figures  map[string]json.RawMessage `json:"figures,omitempty"` // of the report, by key; none of a run that did not end
}

// defaultColumns are the figures that the table shows where the study names none.
var defaultColumns = []string{
	"requests.arrived", "requests.finished", "requests.rejected", "requests.failed", "requests.preemptions",
	"slo.holds", "fluidity.mean", "fluidity.attainment", "fluidity.no_reset_mean", "fluidity.token_rate_per_s",
	"latency.ttft_ms.mean", "latency.ttft_ms.p50", "latency.ttft_ms.p99",
	"latency.tbt_ms.mean", "latency.tbt_ms.p50", "latency.tbt_ms.p99", "latency.tpot_ms.mean", "latency.tpot_ms.p99",
	"latency.e2e_ms.mean", "latency.e2e_ms.p99", "latency.scheduling_delay_ms.p50", "latency.scheduling_delay_ms.p99",
	"throughput.duration_s", "throughput.requests_per_s", "throughput.output_tokens_per_s", "throughput.goodput_requests_per_s",
	"kv_cache.mean_share", "energy.joules_per_output_token", "cost.per_hour", "cost.per_million_fluid_tokens",
}

// newRow returns the row of a run, without its outcome.
func (s *Study) newRow(p Point) StudyRow {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range s.order {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", encoded(key), encoded(p.Values[i]))
	}
	b.WriteByte('}')
	return StudyRow{Point: p.Number, Seed: p.Seed, Settings: b.Bytes()}
}

// figures returns the figures of a report as JSON, numbers with seven
// significant digits.
func figures(r *metrics.Report) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, row := range r.Rows {
		value := row.Value
		if f, ok := value.(float64); ok {
			if value = nil; finite(f) != nil {
				value, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 7, 64), 64)
			}
		}
		all[row.Key()] = encoded(value)
	}
	return all
}

func encoded(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("study: %v", err))
	}
	return text
}

// line returns the row as a line of JSON.
func (r StudyRow) line() []byte { return append(encoded(r), '\n') }

// A layout is the columns of the table between and after those that all have.
type layout struct {
	Keys    []string `json:"keys"` // of the axes
	Columns []string `json:"columns"`
}

// head returns the first line of the table.
func (l layout) head() []byte {
	return csvLine(append(append([]string{"point", "seed"}, l.Keys...), append([]string{"status", "reason"}, l.Columns...)...))
}

// line returns the line of a row in the table.
func (l layout) line(r StudyRow) []byte {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(r.Settings, &settings); err != nil {
		panic(fmt.Sprintf("study: settings %s: %v", r.Settings, err))
	}
	cells := []string{strconv.Itoa(r.Point), strconv.FormatUint(r.Seed, 10)}
	for _, key := range l.Keys {
		cells = append(cells, cell(settings[key]))
	}
	cells = append(cells, r.Status, r.Reason)
	for _, key := range l.Columns {
		cells = append(cells, cell(r.Figures[key]))
	}
	return csvLine(cells)
}

// cell returns JSON as a cell of the table shows it: null as nothing, and a string
// without its quotes.
func cell(value json.RawMessage) string {
	var text string
	switch {
	case value == nil || string(value) == "null":
		return ""
	case json.Unmarshal(value, &text) == nil:
		return text
	}
	return string(value)
}

func csvLine(cells []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(cells) // a buffer takes anything
	w.Flush()
	return b.Bytes()
}
