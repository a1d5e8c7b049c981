package workloads

import (
	"math"
	"reflect"
	"testing"
)

func TestClassesComeInTheirShares(t *testing.T) {
	const requests = 20_000
	s := lengths(10, 10)
	s.Requests, s.Classes = ptr(requests), Classes{"chat": 7, "code": 3}
	counts := map[string]int{}
	for _, r := range draw(t, open(t, s, Options{Seed: 1})) {
		counts[r.Class]++
	}
	sd := math.Sqrt(requests * 0.7 * 0.3)
	if len(counts) != 2 || math.Abs(float64(counts["chat"])-0.7*requests) > 4*sd {
		t.Errorf("of %d requests, %v are of the classes", requests, counts)
	}
}

func TestClassesChangeNothingElse(t *testing.T) {
	s := lengths(10, 10)
	s.Requests, s.Prompt = ptr(500), LengthSpec{Distribution: "uniform", Min: ptr(1), Max: ptr(900)}
	plain := draw(t, open(t, s, Options{}))
	s.Classes = Classes{"chat": 0.5, "code": 0.5}
	for i, r := range draw(t, open(t, s, Options{})) {
		if r.Class = ""; !reflect.DeepEqual(r, plain[i]) {
			t.Fatalf("with classes, request %d is %+v and not %+v", i, r, plain[i])
		}
	}
}

func TestClassesAreATableOfShares(t *testing.T) {
	var c Classes
	if err := c.UnmarshalTOML(map[string]any{"chat": 0.5, "code": int64(2)}); err != nil || !reflect.DeepEqual(c, Classes{"chat": 0.5, "code": 2}) {
		t.Errorf("%v, %v", c, err)
	}
	for name, v := range map[string]any{"no table": 0.5, "no number": map[string]any{"chat": "half"}} {
		if err := c.UnmarshalTOML(v); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, c := range []Classes{{}, {"chat": 0}, {"chat": -1}, {"chat": math.NaN()}, {"chat": math.Inf(1)}} {
		if err := (Spec{Classes: c}).Validate(); err == nil {
			t.Errorf("%v is accepted", c)
		}
	}
}
