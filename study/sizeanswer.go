package study

import "fmt"

// SizeFile is the file that a sizing leaves.
const SizeFile = "size.json"

// Answer returns a sentence that says what to buy.
func (r *SizeResult) Answer() string {
	if r.Best == nil {
		why := ""
		if r.Count.Why != "" {
			why = " (" + r.Count.Why + ")"
		}
		return fmt.Sprintf("None of %d candidates holds %s requests per second within the SLO and the limits: %d do not fit%s, %d are too slow even for a lone request, %d need more than is allowed.",
			r.Count.Candidates, number4(r.Rate), r.Count.Unfit, why, r.Count.Slow, r.Count.Beyond+r.Count.Bounded)
	}
	return fmt.Sprintf("The cheapest that holds %s requests per second within the SLO is %v for %s dollars per hour, with %s to spare.",
		number4(r.Rate), *r.Best, number4(r.Best.PricePerHour), share4(r.Headroom()))
}

// Headroom returns by what part the load may grow.
func (r *SizeResult) Headroom() float64 { return max(0, r.Capacity.Mean/r.Rate-1) }

// share4 writes a share in whole percent.
func share4(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// Changed reports whether the answer is another one in a scenario.
func (r *SizeResult) Changed(s Scenario) bool {
	if s.Best == nil || r.Best == nil {
		return s.Best != r.Best
	}
	return s.Best.Layout != r.Best.Layout || s.Best.Variant != r.Best.Variant || s.Best.Replicas != r.Best.Replicas
}

// JSON returns the result as one indented object.
func (r *SizeResult) JSON(version string, seed uint64) []byte {
	type scenario struct {
		Change  string `json:"change"`
		Best    *Sized `json:"best"`
		Changes bool   `json:"changes_the_answer"`
	}
	var scenarios []scenario
	for _, s := range r.Scenarios {
		scenarios = append(scenarios, scenario{s.Change, s.Best, r.Changed(s)})
	}
	var headroom *float64
	if r.Best != nil {
		headroom = finite(r.Headroom())
	}
	return indented(struct {
		Schema    int        `json:"schema"`
		Version   string     `json:"version"`
		Seed      uint64     `json:"seed"`
		Answer    string     `json:"answer"`
		Rate      float64    `json:"requests_per_s"`
		Reference string     `json:"reference"`
		Best      *Sized     `json:"best"`
		Headroom  *float64   `json:"headroom"`
		Capacity  Interval   `json:"capacity_requests_per_s"`
		Band      *RateBand  `json:"uncertainty,omitempty"`
		RunnerUp  *Sized     `json:"runner_up"`
		Front     []Sized    `json:"front"`
		Count     SizeCount  `json:"count"`
		Scenarios []scenario `json:"scenarios"`
	}{1, version, seed, r.Answer(), r.Rate, r.Reference, r.Best, headroom, r.Capacity, r.Band, r.RunnerUp, r.Front, r.Count, scenarios})
}
