package metrics

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

const ms1 = time.Millisecond

func TestSLOFromTOML(t *testing.T) {
	slo := DefaultSLO()
	_, err := toml.Decode(`
ttft_slack = "0s"
tbt = "50ms"
fluidity = "0.95"
attainment = 0.999
index = "no-reset"
tpot = "30ms"
prefill = [[128, "10ms"], [1024, "80ms"]]
`, &slo)
	want := SLO{
		TBT: 50 * ms1, Fluidity: Ratio{19, 20}, Attainment: Ratio{999, 1000}, Index: NoReset, TPOT: 30 * ms1,
		Prefill: &Prefill{Curve: Curve{{128, 10 * ms1}, {1024, 80 * ms1}}},
	}
	if diff := cmp.Diff(want, slo); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if err := slo.Validate(); err != nil {
		t.Error(err)
	}
}

// TestSLORoundTrips prints what an effective experiment file has.
func TestSLORoundTrips(t *testing.T) {
	for _, change := range []func(*SLO){
		func(s *SLO) {},
		func(s *SLO) { s.Prefill = &Prefill{File: "curve.toml"} },
		func(s *SLO) { s.Prefill = &Prefill{Curve: Curve{{1, 2 * ms1}, {5, 7 * ms1}}} },
		func(s *SLO) { s.Reference = &Reference{GPU: "h100-sxm", Model: "m", TensorParallel: 2} },
		func(s *SLO) { s.Attainment, s.E2E = Ratio{1, 1}, time.Second },
	} {
		slo := DefaultSLO()
		change(&slo)
		var text bytes.Buffer
		if err := toml.NewEncoder(&text).Encode(slo); err != nil {
			t.Fatal(err)
		}
		back := DefaultSLO()
		if _, err := toml.Decode(text.String(), &back); err != nil {
			t.Fatalf("%v in\n%s", err, &text)
		}
		if diff := cmp.Diff(slo, back); diff != "" {
			t.Errorf("%s\nfrom\n%s", diff, &text)
		}
	}
}

func TestSLOValidate(t *testing.T) {
	if err := DefaultSLO().Validate(); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		change func(*SLO)
		want   string
	}{
		{func(s *SLO) { s.TBT = 0 }, "slo.tbt: 0s (must be above 0)"},
		{func(s *SLO) { s.TTFTSlack = -1 }, "slo.ttft_slack: -1ns (must not be negative)"},
		{func(s *SLO) { s.Fluidity = Ratio{0, 1} }, "slo.fluidity: 0 (must be above 0, and at most 1)"},
		{func(s *SLO) { s.Attainment = Ratio{} }, "slo.attainment: "},
		{func(s *SLO) { s.Index = "best" }, `slo.index: "best" (must be one of reset, per-token, no-reset)`},
		{func(s *SLO) { s.TPOT = -1 }, "slo.tpot: -1ns"},
		{func(s *SLO) { s.Reference = &Reference{GPU: "a"} }, "slo.reference.model: missing"},
		{func(s *SLO) { s.Reference = &Reference{Model: "a"} }, "slo.reference.gpu: missing"},
		{func(s *SLO) { s.Prefill = &Prefill{Curve: Curve{{1, 1}}} }, "slo.prefill: 1 points (must be at least 2)"},
		{func(s *SLO) { s.Prefill = &Prefill{Curve: Curve{{5, 1}, {4, 2}}} }, "slo.prefill: [4,"},
		{func(s *SLO) { s.Prefill, s.Reference = &Prefill{File: "a"}, &Reference{} }, "slo.reference: written beside slo.prefill"},
	} {
		slo := DefaultSLO()
		test.change(&slo)
		if err := slo.Validate(); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestCurve(t *testing.T) {
	c, err := ReadCurve("f", strings.NewReader(`points = [[100, "10ms"], [200, "20ms"], [400, "60ms"]]`))
	if err != nil {
		t.Fatal(err)
	}
	for tokens, want := range map[int]time.Duration{
		100: 10 * ms1, 150: 15 * ms1, 200: 20 * ms1, 300: 40 * ms1, 400: 60 * ms1,
		600: 100 * ms1, // continued
		50:  5 * ms1, 1: 100 * time.Microsecond,
	} {
		if got := c.At(tokens); got != want {
			t.Errorf("%d tokens take %v, want %v", tokens, got, want)
		}
	}
	for _, bad := range []string{`points = 3`, `points = [[1, "1ms"]]`, `points = [[1, "1ms"], [2, 3]]`, `dots = 1`, `points = [[1, "1"], [2, "3ms"]]`, `]`} {
		if _, err := ReadCurve("f", strings.NewReader(bad)); err == nil || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
