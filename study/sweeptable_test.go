package study

import (
	"encoding/json"
	"fmt"
	"testing"
)

// rowsOf returns the rows of a study with a figure that tells where it is from.
func rowsOf(settings ...string) (rows []StudyRow) {
	for i, s := range settings {
		rows = append(rows, StudyRow{Point: i, Status: Done, Settings: json.RawMessage(s),
			Figures: map[string]json.RawMessage{"x": json.RawMessage(fmt.Sprint(i))}})
	}
	return rows
}

// The key with the most values goes across, in order if they are numbers; keys that
// follow from it, or do not vary, go nowhere; figures are means over seeds.
func TestSweepTablesLayOutAllThatVaries(t *testing.T) {
	rows := rowsOf(
		`{"w.rate":10,"s.policy":"vllm","d.gpus":1,"d.kind":"a"}`, `{"w.rate":10,"s.policy":"vllm","d.gpus":1,"d.kind":"a"}`,
		`{"w.rate":2,"s.policy":"vllm","d.gpus":2,"d.kind":"a"}`, `{"w.rate":2,"s.policy":"sarathi","d.gpus":2,"d.kind":"a"}`,
	)
	got := newSweepTable([]string{"w.rate", "s.policy", "d.gpus", "d.kind"}, []string{"x"}, rows)
	if got.Across != "rate" || got.Down != "policy" || fmt.Sprint(got.Columns, got.Numbers, got.Rows) != "[2 10] [2 10] [vllm sarathi]" {
		t.Fatalf("%s across, %s down, columns %v (%v), rows %v", got.Across, got.Down, got.Columns, got.Numbers, got.Rows)
	}
	for _, want := range []struct {
		row, column int
		value       float64
		ok          bool
	}{{0, 0, 2, true}, {0, 1, 0.5, true}, {1, 0, 3, true}, {1, 1, 0, false}} {
		if v, ok := got.Figure(want.row, want.column, "x"); v != want.value || ok != want.ok {
			t.Errorf("row %d, column %d: %v, %v (must be %v, %v)", want.row, want.column, v, ok, want.value, want.ok)
		}
	}
}

// A combination of which one run did not end has no mean.
func TestSweepTablesLeaveOutWhatDidNotEnd(t *testing.T) {
	rows := rowsOf(`{"rate":1}`, `{"rate":1}`, `{"rate":2}`)
	rows[1].Figures, rows[1].Status = nil, Overloaded
	got := newSweepTable([]string{"rate"}, nil, rows)
	_, first := got.Figure(0, 0, "x")
	_, second := got.Figure(0, 1, "x")
	if first || !second || got.Ended.Overloaded != 1 || got.Ended.Done != 2 {
		t.Errorf("rate 1 has a figure: %v, rate 2: %v; %+v", first, second, got.Ended)
	}
}
