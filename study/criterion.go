package study

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"metronome/metrics"
)

// A Criterion is the service level that a capacity is sought for: what the report
// of a run must show.
type Criterion struct {
	Text   string  // in words, such as "latency.ttft_ms.p99 <= 500"
	bounds []bound // all must hold; without any, the fluidity SLO must
	served metrics.Ratio
}

// A bound limits a figure of the report.
type bound struct {
	key   string
	least bool // the limit is a lower one
	limit float64
}

// The longest scheduling delays under which a system counts as stable: of the
// median request in Sarathi-Serve (arXiv 2403.02310, section 5), and at the 99th
// percentile in Vidur (arXiv 2405.05465, section 6).
const (
	sarathiDelay = 2000.0 // ms
	vidurDelay   = 5000.0 // ms
)

// criteria are the service levels that have a name, and the bounds that an SLO
// gives them.
var criteria = []struct {
	name, doc string
	bounds    func(metrics.SLO) ([]bound, error)
}{
	{"fluidity", "the fluidity SLO", nil},
	{"tail-tbt", "P99 TBT within slo.tbt, median scheduling delay within 2 s", func(s metrics.SLO) ([]bound, error) {
		return []bound{{"latency.tbt_ms.p99", false, millis(s.TBT)}, {"latency.scheduling_delay_ms.p50", false, sarathiDelay}}, nil
	}},
	{"tpot", "P99 TPOT within slo.tpot, or else slo.tbt, median scheduling delay within 2 s", func(s metrics.SLO) ([]bound, error) {
		target := s.TPOT
		if target == 0 {
			target = s.TBT
		}
		return []bound{{"latency.tpot_ms.p99", false, millis(target)}, {"latency.scheduling_delay_ms.p50", false, sarathiDelay}}, nil
	}},
	{"ttft", "P99 TTFT within slo.ttft", func(s metrics.SLO) ([]bound, error) {
		if s.TTFT == 0 {
			return nil, fmt.Errorf("slo.ttft: not written (the criterion ttft needs it)")
		}
		return []bound{{"latency.ttft_ms.p99", false, millis(s.TTFT)}}, nil
	}},
	{"goodput", "a share slo.attainment of the requests meets all targets", func(s metrics.SLO) ([]bound, error) {
		return []bound{{"throughput.goodput_share", true, s.Attainment.Float()}}, nil
	}},
	{"delay", "P99 scheduling delay within 5 s", func(metrics.SLO) ([]bound, error) {
		return []bound{{"latency.scheduling_delay_ms.p99", false, vidurDelay}}, nil
	}},
}

// CriterionNames returns the named service levels.
func CriterionNames() (names []string) {
	for _, c := range criteria {
		names = append(names, c.name)
	}
	return names
}

// ParseCriterion reads a name such as "fluidity" or "tail-tbt", or bounds on
// figures of the report such as "latency.ttft_ms.p99<=500,fluidity.mean>=0.95".
func ParseCriterion(text string, slo metrics.SLO) (Criterion, error) {
	for _, c := range criteria {
		if c.name != text {
			continue
		}
		if c.bounds == nil {
			return Criterion{Text: fluidityText(slo)}, nil
		}
		bounds, err := c.bounds(slo)
		return Criterion{Text: boundsText(bounds), bounds: bounds, served: slo.Attainment}, err
	}
	var bounds []bound
	for part := range strings.SplitSeq(text, ",") {
		b, err := parseBound(part)
		if err != nil {
			return Criterion{}, err
		}
		bounds = append(bounds, b)
	}
	return Criterion{Text: boundsText(bounds), bounds: bounds, served: slo.Attainment}, nil
}

func parseBound(text string) (bound, error) {
	for _, sign := range []string{"<=", ">="} {
		key, limit, ok := strings.Cut(text, sign)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(limit), 64)
		if err == nil && finite(x) != nil {
			return bound{strings.TrimSpace(key), sign == ">=", x}, nil
		}
	}
	return bound{}, fmt.Errorf("%q (must be one of %s, or bounds such as latency.ttft_ms.p99<=500)", text, strings.Join(CriterionNames(), ", "))
}

// Holds reports whether a run is within the service level. Under bounds on
// figures of finished requests, enough of all must have been finished.
func (c Criterion) Holds(r *metrics.Report) (bool, error) {
	if c.bounds == nil {
		return r.Holds(), nil
	}
	finished, _ := r.Lookup("requests.finished")
	for _, b := range c.bounds {
		x, ok := r.Lookup(b.key)
		if !ok && (finished > 0 || !slices.ContainsFunc(r.Rows, func(row metrics.Row) bool { return row.Key() == b.key })) {
			return false, fmt.Errorf("%q (no figure of the report; simulate --json shows them)", b.key)
		}
		if !ok || b.least && x < b.limit || !b.least && x > b.limit {
			return false, nil
		}
	}
	arrived, _ := r.Lookup("requests.arrived")
	return c.served.Holds(int64(finished), int64(arrived)), nil
}

func fluidityText(s metrics.SLO) string {
	return fmt.Sprintf("%s of the requests have a fluidity-index (%s) of at least %v with a token due every %s ms",
		share(s.Attainment.Float()), s.Index, s.Fluidity, number(millis(s.TBT)))
}

func boundsText(bounds []bound) string {
	var parts []string
	for _, b := range bounds {
		sign := "<="
		if b.least {
			sign = ">="
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", b.key, sign, number(b.limit)))
	}
	return strings.Join(parts, " and ")
}
