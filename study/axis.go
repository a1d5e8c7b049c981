package study

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// An Axis is what a study varies: one key, or several that vary together.
type Axis struct {
	Keys   []string
	Values [][]any // parsed TOML, by step and key
}

// mostSteps bounds the values of a range, and mostPoints those of a study.
const (
	mostSteps  = 1_000_000
	mostPoints = 100_000_000
)

// readAxis reads the values of a key: a list, or a range.
func readAxis(key string, value any) (Axis, error) {
	a := Axis{Keys: []string{key}}
	if _, err := typeOf(key); err != nil {
		return a, err
	}
	var values []any
	var err error
	switch v := value.(type) {
	case map[string]any:
		values, err = readRange(v)
	case []any:
		values = v
	case []map[string]any:
		for _, table := range v {
			values = append(values, table)
		}
	default:
		err = errors.New(show(value) + " (must be a list, or a range such as {from = 1, to = 8, step = 1})")
	}
	if err == nil && len(values) == 0 {
		err = errors.New("no values (must have at least one)")
	}
	if err != nil {
		return a, fmt.Errorf("%s: %w", key, err)
	}
	for _, v := range values {
		a.Values = append(a.Values, []any{v})
	}
	return a, nil
}

// readRange returns the values of {from, to} with a step, a factor, or a number of
// points that are evenly spaced.
func readRange(table map[string]any) ([]any, error) {
	from, to, err := ends(table)
	if err != nil {
		return nil, err
	}
	whole := isWhole(table["from"]) && isWhole(table["to"])
	var values []any
	add := func(x float64) {
		if whole && x == math.Trunc(x) {
			values = append(values, int64(x))
		} else {
			values = append(values, x)
		}
	}
	kind, by, err := stepOf(table)
	switch {
	case err != nil:
		return nil, err
	case kind == "step" && by > 0:
		for i := 0; from+float64(i)*by <= to*(1+1e-12) && i <= mostSteps; i++ {
			add(from + float64(i)*by)
		}
	case kind == "factor" && by > 1 && from > 0:
		for x := from; x <= to*(1+1e-12) && len(values) <= mostSteps; x *= by {
			add(x)
		}
	case kind == "points" && by >= 2 && by == math.Trunc(by) && by <= mostSteps:
		for i := range int(by) {
			add(from + (to-from)*float64(i)/(by-1))
		}
	default:
		return nil, fmt.Errorf("%s = %v (a step is above 0, a factor above 1 with from above 0, points are 2 or more)", kind, table[kind])
	}
	if len(values) > mostSteps {
		return nil, fmt.Errorf("more than %d values", mostSteps)
	}
	return values, nil
}

func ends(table map[string]any) (from, to float64, err error) {
	from, ok := asNumber(table["from"])
	to, okay := asNumber(table["to"])
	if !ok || !okay || from > to {
		return 0, 0, errors.New("no range (must be {from = 1, to = 8, step = 1}, or with factor or points in place of step)")
	}
	return from, to, nil
}

// stepOf returns how a range goes on.
func stepOf(table map[string]any) (kind string, by float64, err error) {
	for key, value := range table {
		x, ok := asNumber(value)
		switch {
		case key == "from" || key == "to":
		case kind != "" || !ok || !slices.Contains([]string{"step", "factor", "points"}, key):
			return "", 0, fmt.Errorf("%s = %s (a range takes from, to, and one of step, factor and points)", key, show(value))
		default:
			kind, by = key, x
		}
	}
	if kind == "" {
		return "", 0, errors.New("from and to alone (a range takes one of step, factor and points too)")
	}
	return kind, by, nil
}

func isWhole(value any) bool { _, ok := value.(int64); return ok }

func asNumber(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, finite(v) != nil
	}
	return 0, false
}

// zip joins axes that vary together.
func zip(axes []Axis) (Axis, error) {
	joined := axes[0]
	for _, a := range axes[1:] {
		if len(a.Values) != len(joined.Values) {
			return joined, fmt.Errorf("%s: %d values beside the %d of %s (must be as many)",
				a.Keys[0], len(a.Values), len(joined.Values), joined.Keys[0])
		}
		joined.Keys = append(joined.Keys, a.Keys[0])
		for i, v := range a.Values {
			joined.Values[i] = append(joined.Values[i], v[0])
		}
	}
	return joined, nil
}
