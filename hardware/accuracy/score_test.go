package accuracy

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A section is a part of the page on accuracy: relative errors by family.
type section struct {
	title, text string
	families    []string
	errors      map[string][]float64
}

// add records a prediction of a family and what was measured.
func (s *section) add(family string, predicted, measured float64) {
	if s.errors == nil {
		s.errors = map[string][]float64{}
	}
	if s.errors[family] == nil {
		s.families = append(s.families, family)
	}
	s.errors[family] = append(s.errors[family], predicted/measured-1)
}

// all returns the absolute errors of the families whose name begins with a prefix, in order.
func (s *section) all(prefix string) []float64 {
	var all []float64
	for family, errors := range s.errors {
		if strings.HasPrefix(family, prefix) {
			all = append(all, absolute(errors)...)
		}
	}
	slices.Sort(all)
	return all
}

func (s *section) median(prefix string) float64 { all := s.all(prefix); return all[len(all)/2] }

func (s *section) mape(prefix string) float64 { return mean(s.all(prefix)) }

// markdown returns the section with a table, a family a line.
func (s *section) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n| | points | median %% | 90th percentile %% | mean %% | bias %% |\n|---|---|---|---|---|---|\n", s.title, s.text)
	for _, family := range s.families {
		all := absolute(s.errors[family])
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %.1f | %+.1f |\n", family, len(all), 100*all[len(all)/2], 100*all[len(all)*9/10], 100*mean(all), 100*mean(s.errors[family]))
	}
	return b.String()
}

// absolute returns the sizes of errors, in order.
func absolute(errors []float64) []float64 {
	var all []float64
	for _, e := range errors {
		all = append(all, math.Abs(e))
	}
	slices.Sort(all)
	return all
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
