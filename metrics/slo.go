package metrics

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An SLO is the service level that requests are held to: the [slo] table of an
// experiment. DefaultSLO gives the values of what is not written.
type SLO struct {
	// Token i is due D_p + i·TBT after the arrival of its request, where D_p is the
	// time to first token of a lone request on the reference plus TTFTSlack.
	TTFTSlack time.Duration `toml:"ttft_slack"`
	TBT       time.Duration `toml:"tbt"`

	// The SLO holds if a share Attainment of the requests has a fluidity-index of
	// at least Fluidity.
	Fluidity   Ratio   `toml:"fluidity"`
	Attainment Ratio   `toml:"attainment"`
	Index      Reading `toml:"index"` // the reading that is meant where none is named

	// Targets of goodput; 0 is no target. Without any, a request is good if its
	// fluidity-index is at least Fluidity.
	TTFT time.Duration `toml:"ttft,omitempty"`
	TPOT time.Duration `toml:"tpot,omitempty"`
	E2E  time.Duration `toml:"e2e,omitempty"`

	Prefill   *Prefill   `toml:"prefill,omitempty"`   // D_p without its slack, as measured
	Reference *Reference `toml:"reference,omitempty"` // or as predicted for this deployment
}

// DefaultSLO returns the strict target of Etalon: 25 ms between tokens, for
// nine tokens of ten, for 99 requests of 100.
func DefaultSLO() SLO {
	return SLO{
		TTFTSlack:  300 * time.Millisecond,
		TBT:        25 * time.Millisecond,
		Fluidity:   Ratio{9, 10},
		Attainment: Ratio{99, 100},
		Index:      Reset,
	}
}

// Validate names the first key whose value makes no sense.
func (s SLO) Validate() error {
	if s.TTFTSlack < 0 {
		return fmt.Errorf("slo.ttft_slack: %v (must not be negative)", s.TTFTSlack)
	}
	if s.TBT <= 0 {
		return fmt.Errorf("slo.tbt: %v (must be above 0)", s.TBT)
	}
	for _, r := range []struct {
		key string
		Ratio
	}{{"fluidity", s.Fluidity}, {"attainment", s.Attainment}} {
		if r.Den <= 0 || r.Num <= 0 || r.Num > r.Den {
			return fmt.Errorf("slo.%s: %v (must be above 0, and at most 1)", r.key, r.Ratio)
		}
	}
	for _, d := range []struct {
		key string
		time.Duration
	}{{"ttft", s.TTFT}, {"tpot", s.TPOT}, {"e2e", s.E2E}} {
		if d.Duration < 0 {
			return fmt.Errorf("slo.%s: %v (must not be negative)", d.key, d.Duration)
		}
	}
	return s.validateReference()
}

func (s SLO) validateReference() error {
	if !slices.Contains(readings[:], string(s.Index)) {
		return fmt.Errorf("slo.index: %q (must be one of %s)", string(s.Index), strings.Join(readings[:], ", "))
	}
	if s.Prefill != nil && s.Reference != nil {
		return fmt.Errorf("slo.reference: written beside slo.prefill (only one of them may be)")
	}
	if s.Prefill != nil {
		return s.Prefill.validate()
	}
	if s.Reference != nil {
		return s.Reference.validate()
	}
	return nil
}
