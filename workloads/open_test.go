package workloads

import (
	"reflect"
	"testing"
	"time"
)

func ptr[T any](x T) *T { return &x }

func lengths(prompt, output int) Spec {
	return Spec{
		Prompt: LengthSpec{Distribution: "fixed", Value: &prompt},
		Output: LengthSpec{Distribution: "fixed", Value: &output},
	}
}

func open(t *testing.T, s Spec, o Options) *Workload {
	t.Helper()
	w, err := Open(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// draw returns all requests of an open loop.
func draw(t *testing.T, w *Workload) []Request {
	t.Helper()
	source, err := w.Source()
	if err != nil {
		t.Fatal(err)
	}
	var all []Request
	for r, ok := source.Next(); ok; r, ok = source.Next() {
		all = append(all, r)
	}
	if err := failure(source); err != nil {
		t.Fatal(err)
	}
	return all
}

// skipIfShort leaves out millions of draws, which take the race detector long
// and have nothing for it.
func skipIfShort(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of many draws")
	}
}

func TestConstantArrivalsAreEvenlySpacedFromZero(t *testing.T) {
	s := lengths(10, 5)
	s.Arrivals = ArrivalSpec{Process: "constant", Rate: ptr(4.0)}
	s.Duration = ptr(2 * time.Second)
	all := draw(t, open(t, s, Options{}))
	if len(all) != 8 {
		t.Fatalf("%d requests in 2 s at 4 per second, want 8", len(all))
	}
	for i, r := range all {
		want := Request{ID: i, Arrival: time.Duration(i) * 250 * time.Millisecond, PromptTokens: 10, OutputTokens: 5}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("request %d is %+v, want %+v", i, r, want)
		}
	}
}
