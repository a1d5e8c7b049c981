package study

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// unknownKey returns the error for a key that a table lacks: with the key that
// may have been meant, or else with those that the table takes.
func unknownKey(key, table string, takes []string) error {
	if near := nearest(key, table); near != "" {
		return fmt.Errorf("unknown key %q (did you mean %q?)", key, near)
	}
	where := "the file"
	if table != "" {
		where = table
	}
	if len(takes) == 0 {
		return fmt.Errorf("unknown key %q (%s is no table)", key, where)
	}
	slices.Sort(takes)
	return fmt.Errorf("unknown key %q (%s takes %s)", key, where, strings.Join(slices.Compact(takes), ", "))
}

// nearest returns the known key whose last word takes the fewest edits to get
// from the last word of key, "" if all take many. Keys of the same table win ties.
func nearest(key, table string) string {
	word := last(key)
	best, least := "", 1+min(2, len(word)/2)
	for _, known := range allKeys("", reflect.TypeFor[Experiment]()) {
		d := levenshtein.ComputeDistance(word, last(known))
		if d < least || d == least && best != "" && parent(known) == table && parent(best) != table {
			best, least = known, d
		}
	}
	return best
}

func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

func parent(key string) string { return key[:max(0, strings.LastIndexByte(key, '.'))] }
