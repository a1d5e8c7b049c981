package study

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Point is one run of a study.
type Point struct {
	Number int
	Seed   uint64
	Values []any // parsed TOML, of the keys of all axes, in order
}

// Points returns the number of runs.
func (s *Study) Points() int { return s.points }

// Point returns a run. The last axis changes fastest, but for the seed.
func (s *Study) Point(number int) Point {
	p := Point{Number: number, Seed: s.seed + uint64(number%s.Seeds), Values: make([]any, len(s.order))}
	combination, end := number/s.Seeds, len(s.order)
	for _, a := range slices.Backward(s.Axes) {
		end -= len(a.Keys)
		copy(p.Values[end:], a.Values[combination%len(a.Values)])
		combination /= len(a.Values)
	}
	return p
}

// Experiment returns the experiment of a run.
func (s *Study) Experiment(p Point) (*Experiment, error) {
	e, err := s.with(s.order, p.Values)
	if err == nil {
		e.Seed = p.Seed
	}
	return e, err
}

// with returns the experiment with keys set to values.
func (s *Study) with(keys []string, values []any) (*Experiment, error) {
	d, err := ParseDraft(s.baseFile, s.base)
	if err != nil {
		return nil, err
	}
	for _, key := range kindsFirst(maps.Keys(s.set)) {
		if err := d.put(key, s.set[key], filepath.Base(s.file)+": set"); err != nil {
			return nil, err
		}
	}
	for i, key := range keys {
		if err := d.put(key, values[i], filepath.Base(s.file)+": axes"); err != nil {
			return nil, err
		}
	}
	for _, text := range s.settings {
		if err := d.Set(text); err != nil {
			return nil, err
		}
	}
	return d.Experiment()
}

// kindsFirst sorts keys so that a distribution precedes its parameters, which
// changing it would drop.
func kindsFirst(keys iter.Seq[string]) []string {
	return slices.SortedFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

func rank(key string) int {
	if last(key) == "distribution" {
		return 0
	}
	return 1
}

// check tries every value of every axis for itself, and counts the points.
func (s *Study) check(studyTable, toml.MetaData) error {
	s.points = s.Seeds
	for _, a := range s.Axes {
		for _, key := range a.Keys {
			if slices.Contains(s.order, key) {
				return s.at("axes."+key, fmt.Errorf("%s: varied twice", key))
			}
			s.order = append(s.order, key)
		}
		if s.points *= len(a.Values); s.points > mostPoints {
			return s.at("axes", fmt.Errorf("axes: more than %d runs", mostPoints))
		}
	}
	if err := s.checkExcluded(); err != nil {
		return err
	}
	e, err := s.with(s.order, s.Point(0).Values)
	if err != nil {
		return err
	}
	if s.seed = e.Seed; s.Seeds > 1 && slices.Contains(s.order, "seed") {
		return s.at("seeds", errors.New("seeds: beside an axis of seeds (must be left out)"))
	}
	for _, text := range s.settings {
		if key, _, _ := strings.Cut(text, "="); slices.Contains(s.order, strings.TrimSpace(key)) {
			return fmt.Errorf("--set %s: the study varies it", text)
		}
	}
	return s.checkValues()
}

func (s *Study) checkExcluded() error {
	for _, table := range s.excluded {
		for key := range table {
			if !slices.Contains(s.order, key) {
				return s.at("exclude", fmt.Errorf("exclude: %q (must be a key of an axis: %s)", key, strings.Join(s.order, ", ")))
			}
		}
	}
	return nil
}

// checkValues tries every value with the first of all other axes. A value that is
// no value of its key is an error; one that does not fit the others may fit some.
func (s *Study) checkValues() error {
	for _, a := range s.Axes {
		for _, step := range a.Values {
			for i, key := range a.Keys {
				t, err := typeOf(key)
				if err == nil {
					err = decode(key, step[i], reflect.New(t).Elem())
				}
				if err == nil {
					err = s.alone(key, step[i])
				}
				if err != nil {
					return s.at("axes."+key, err)
				}
			}
		}
	}
	return nil
}

// alone returns what is wrong with a key if it is set to a value by itself.
func (s *Study) alone(key string, value any) error {
	values := slices.Clone(s.Point(0).Values)
	values[slices.Index(s.order, key)] = value
	_, err := s.with(s.order, values)
	if k := new(keyError); errors.As(err, &k) && k.key == key {
		return k
	}
	return nil
}

// Excluded reports whether the study leaves a combination out.
func (s *Study) Excluded(p Point) bool {
	return slices.ContainsFunc(s.excluded, func(table map[string]any) bool {
		for key, value := range table {
			if !reflect.DeepEqual(p.Values[slices.Index(s.order, key)], value) {
				return false
			}
		}
		return true
	})
}

// cost estimates how much work a run is, in requests.
func (s *Study) cost(p Point) float64 {
	value := func(key string) (any, bool) {
		if i := slices.Index(s.order, key); i >= 0 {
			return p.Values[i], true
		}
		v, ok := s.set[key]
		return v, ok
	}
	if n, ok := value("workload.requests"); ok {
		x, _ := asNumber(n)
		return x
	}
	rate, _ := value("workload.arrivals.rate")
	x, _ := asNumber(rate)
	return x
}
