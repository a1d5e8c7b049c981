package workloads

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// written returns the keys of the fields of a table that are set, in order.
func written(table any) []string {
	var keys []string
	v := reflect.ValueOf(table)
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
		if !v.Field(i).IsZero() {
			keys = append(keys, key)
		}
	}
	return keys
}

// onlyTakes checks that no key of the table is set but those that the choice
// named by its first field takes.
func onlyTakes(path string, table any, choice string, takes []string) error {
	first := reflect.TypeOf(table).Field(0).Tag.Get("toml")
	for _, key := range written(table) {
		if !strings.HasPrefix(first, key) && !slices.Contains(takes, key) {
			return fmt.Errorf("%s.%s: not a parameter of %s (takes %s)", path, key, choice, list(takes))
		}
	}
	return nil
}

func list(keys []string) string {
	if len(keys) == 0 {
		return "none"
	}
	return strings.Join(keys, ", ")
}

// or returns what p points to, or the default.
func or[T any](p *T, value T) T {
	if p == nil {
		return value
	}
	return *p
}

// positive checks that x, if it is set, is a finite number above 0.
func positive(key string, x *float64) error {
	if x != nil && !(*x > 0 && *x <= math.MaxFloat64) {
		return fmt.Errorf("%s: %v (must be a finite number above 0)", key, *x)
	}
	return nil
}

// within checks that x, if it is set, lies between two bounds.
func within[T int | float64](key string, x *T, low, high T) error {
	if x != nil && !(*x >= low && *x <= high) {
		return fmt.Errorf("%s: %v (must be between %v and %v)", key, *x, low, high)
	}
	return nil
}
