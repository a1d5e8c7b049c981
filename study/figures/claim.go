package figures

import "math"

// atLeast claims that a value of ours reaches a bound.
func (r *Result) atLeast(bound float64, v Value) { r.between(bound, math.Inf(1), v) }

// atMost claims that a value of ours does not exceed a bound.
func (r *Result) atMost(bound float64, v Value) { r.between(math.Inf(-1), bound, v) }

// between claims that a value of ours lies in a range.
func (r *Result) between(least, most float64, v Value) {
	r.Claims = append(r.Claims, Claim{Value: v, Least: least, Most: most})
}

// because explains the latest claim, should it fail.
func (r *Result) because(why string) { r.Claims[len(r.Claims)-1].Why = why }

// compare lays values of ours beside published ones.
func (r *Result) compare(values ...Value) { r.Values = append(r.Values, values...) }

// Range writes what a claim asks of the value.
func (c Claim) Range() string {
	switch {
	case math.IsInf(c.Least, -1):
		return "at most " + Number(c.Most)
	case math.IsInf(c.Most, 1):
		return "at least " + Number(c.Least)
	}
	return Number(c.Least) + " to " + Number(c.Most)
}

// ascent returns by how much a sequence rises at least from one value to the next,
// as a factor: above 1, every value is greater than the one before.
func ascent(values ...float64) float64 {
	least := math.Inf(1)
	for i := 1; i < len(values); i++ {
		least = min(least, values[i]/values[i-1])
	}
	return least
}
