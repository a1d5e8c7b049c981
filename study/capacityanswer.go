package study

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// The files that studies of several runs leave.
const CapacityFile = "capacity.json"

// Answer returns one sentence that says how much load the deployment holds.
func (r *CapacityResult) Answer() string {
	lowest := r.lowest()
	switch {
	case lowest == 0:
		return fmt.Sprintf("The service level does not hold at any rate, for the least of them %s requests per second.", number4(r.Probes[0].Rate))
	case r.unbounded():
		return fmt.Sprintf("The service level holds at every rate, up to %s requests per second: %d requests are too few to overload the deployment.",
			number4(r.Rate.Mean), r.Requests)
	}
	text := fmt.Sprintf("The deployment holds %s requests per second", number4(r.Rate.Mean))
	var bounds []string
	if r.Rate.N > 1 {
		bounds = append(bounds, fmt.Sprintf("95 %% confidence: %s to %s, over %d seeds", number4(r.Rate.Low()), number4(r.Rate.High()), r.Rate.N))
	}
	if b := r.Uncertainty; b != nil {
		bounds = append(bounds, fmt.Sprintf("%v by the error of predictions", b))
	}
	if len(bounds) > 0 {
		text += " (" + strings.Join(bounds, "; ") + ")"
	}
	return text + fmt.Sprintf(" so that %s%s.", r.Criterion.Text, r.caveats())
}

// caveats returns what makes the answer less than certain.
func (r *CapacityResult) caveats() string {
	var text strings.Builder
	if again := r.again(); again > 0 {
		fmt.Fprintf(&text, "; more load does not always hurt: it holds again at up to %s", number4(again))
	}
	if !r.Stable {
		fmt.Fprintf(&text, "; runs of %d requests are too few to be sure, as half of them gives another answer", r.Requests)
	}
	return text.String()
}

func (r *CapacityResult) lowest() float64 {
	low := math.Inf(1)
	for _, b := range r.Brackets {
		low = min(low, b.Low)
	}
	return low
}

func (r *CapacityResult) unbounded() bool {
	for _, b := range r.Brackets {
		if math.IsInf(b.High, 1) {
			return true
		}
	}
	return false
}

func (r *CapacityResult) again() (most float64) {
	for _, b := range r.Brackets {
		most = max(most, b.Again)
	}
	return most
}

// Evidence returns the probes of the first seed at the last length, by rate.
func (r *CapacityResult) Evidence() (probes []Probe) {
	for _, p := range r.Probes {
		if p.Requests == r.Requests && p.Seed == r.Probes[0].Seed {
			probes = append(probes, p)
		}
	}
	return probes
}

// BySeed returns the capacity that each seed gives, in words.
func (r *CapacityResult) BySeed() (texts []string) {
	for _, b := range r.Brackets {
		texts = append(texts, fmt.Sprintf("%s to %s", number4(b.Low), number4(b.High)))
	}
	return texts
}

// JSON returns the result as one indented object.
func (r *CapacityResult) JSON(version string, seed uint64) []byte {
	type bracket struct {
		Low   float64  `json:"low"`
		High  *float64 `json:"high"`
		Again float64  `json:"holds_again,omitempty"`
	}
	var brackets []bracket
	for _, b := range r.Brackets {
		brackets = append(brackets, bracket{b.Low, finite(b.High), b.Again})
	}
	return indented(struct {
		Schema    int       `json:"schema"`
		Version   string    `json:"version"`
		Seed      uint64    `json:"seed"`
		Answer    string    `json:"answer"`
		Rate      float64   `json:"requests_per_s"`
		Low       *float64  `json:"low"`
		High      *float64  `json:"high"`
		Criterion string    `json:"criterion"`
		Monotone  bool      `json:"monotone"`
		Stable    bool      `json:"stable"`
		Requests  int       `json:"requests"`
		Brackets  []bracket `json:"brackets"`
		Probes    []Probe   `json:"probes"`
		Band      *RateBand `json:"uncertainty,omitempty"`
	}{1, version, seed, r.Answer(), r.Rate.Mean, finite(r.Rate.Low()), finite(r.Rate.High()), r.Criterion.Text,
		r.again() == 0, r.Stable, r.Requests, brackets, r.Probes, r.Uncertainty})
}

// indented returns a value as indented JSON. All numbers in it must be finite.
func indented(v any) []byte {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("study: %v", err))
	}
	return append(text, '\n')
}
