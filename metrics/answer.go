package metrics

import (
	"fmt"
	"math"
	"strconv"
)

// Answer returns one sentence that says whether the SLO holds, with the figures
// that decide it.
func (r *Report) Answer() string {
	scored, _ := r.Lookup("fluidity.scored")
	if scored == 0 {
		return "No request was scored, so nothing can be said about the SLO."
	}
	if all, broken := r.announced(); len(all) > 0 {
		return r.tenantsAnswer(all, broken)
	}
	attained, _ := r.Lookup("fluidity.attained")
	threshold, _ := r.Lookup("slo.fluidity")
	asked, _ := r.Lookup("slo.attainment")
	target, _ := r.Lookup("fluidity.d_d_ms")
	verdict, only := "The SLO holds", ""
	if !r.Holds() {
		verdict, only = "The SLO does not hold", "only "
	}
	return fmt.Sprintf("%s: %s%.0f of %.0f requests (%s %%) have a fluidity-index (%s) of at least %s with a token due every %s ms, and %s %% must%s%s.",
		verdict, only, attained, scored, percent(attained/scored), r.Text("fluidity.index"), short(threshold), short(target), percent(asked),
		r.unservedClause(), r.rateClause(asked))
}

func (r *Report) unservedClause() string {
	switch n, _ := r.Lookup("fluidity.unserved"); n {
	case 0:
		return ""
	case 1:
		return "; 1 was not served"
	default:
		return fmt.Sprintf("; %.0f were not served", n)
	}
}

func (r *Report) rateClause(asked float64) string {
	rate, ok := r.Lookup("fluidity.token_rate_per_s")
	switch {
	case !ok:
		return ""
	case rate == 0:
		return fmt.Sprintf("; no pace of reading suits %s %% of them", percent(asked))
	}
	return fmt.Sprintf("; %s %% of them can be read at %s tokens per second", percent(asked), short(rate))
}

// percent writes a share in percent, rounded down so that what falls short shows.
func percent(v float64) string {
	return strconv.FormatFloat(math.Floor(v*1e4+1e-6)/100, 'f', -1, 64)
}

// short writes a number with three significant digits, more if it is whole.
func short(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e9 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
