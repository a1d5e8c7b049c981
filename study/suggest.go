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
	if len(takes) == 0 {
		return fmt.Errorf("unknown key %q (%s is set as a whole)", key, table)
	}
	if near := nearest(key, table); near != "" {
		return fmt.Errorf("unknown key %q (did you mean %q?)", key, near)
	}
	where := "the file"
	if table != "" {
		where = table
	}
	slices.Sort(takes)
	return fmt.Errorf("unknown key %q (%s takes %s)", key, where, strings.Join(slices.Compact(takes), ", "))
}

// nearest returns the known key whose last word takes the fewest edits to get
// from the last word of key, "" if all take many. A key of another table counts as
// one edit more, and takes less: one for three letters.
func nearest(key, table string) string {
	word, first := last(key), firstOfLists(table)
	most := min(2, len(word)/2)
	best, least := "", most+2
	for _, known := range allKeys("", reflect.TypeFor[Experiment]()) {
		edits, own := levenshtein.ComputeDistance(word, last(known)), parent(known) == first
		if edits > most || !own && edits > (len(word)-1)/3 {
			continue
		}
		if own {
			known = join(table, last(known))
		} else {
			edits++
		}
		if edits < least {
			best, least = known, edits
		}
	}
	return best
}

// firstOfLists returns the path of a table with every number in it 0.
func firstOfLists(table string) string {
	words := strings.Split(table, ".")
	for i, word := range words {
		if isIndex(word) {
			words[i] = "0"
		}
	}
	return strings.Join(words, ".")
}

func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

func parent(key string) string { return key[:max(0, strings.LastIndexByte(key, '.'))] }
