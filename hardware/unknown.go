package hardware

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// mostNamed bounds the names that an error lists.
const mostNamed = 20

// unknownProfile returns the error for a name that no profile of a kind has.
func unknownProfile(fsys fs.FS, key, kind, name string) error {
	names, err := Names(fsys, kind)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", key, Unknown(kind, name, names))
}

// Unknown returns the error for a name that is not among those of a kind of profile,
// a folder such as "gpus" or "models": with those that may have been meant, those that
// there are if they are few, and how to add one.
func Unknown(kind, name string, names []string) error {
	remedy := fmt.Sprintf("or write %s/NAME.toml below a folder for --profiles", kind)
	if kind == "models" {
		remedy = "or give the path of a config.json of Hugging Face"
	}
	var hints []string
	if near := closest(name, names); len(near) > 0 {
		hints = append(hints, "did you mean "+strings.Join(near, ", ")+"?")
	}
	if len(names) <= mostNamed {
		hints = append(hints, "have "+strings.Join(names, ", "))
	} else {
		hints = append(hints, "metronome list "+kind+" names all")
	}
	return fmt.Errorf("unknown %s %q (%s; %s)", strings.TrimSuffix(kind, "s"), name, strings.Join(hints, " "), remedy)
}

// closest returns up to three names of the family of any word of a name, an id on
// Hugging Face included: those with most of its words, and of these the fewest edits
// away. Where no name is of such a family, it is what is a typing error away.
func closest(name string, names []string) []string {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	edits := func(known string) int { return levenshtein.ComputeDistance(name, known) }
	pick := func(keep func(string) bool) (near []string) {
		for _, known := range names {
			if keep(known) {
				near = append(near, known)
			}
		}
		return near
	}
	near := pick(func(known string) bool {
		return slices.ContainsFunc(wordsOf(name), func(word string) bool { return family(word) == family(known) })
	})
	if len(near) == 0 {
		near = pick(func(known string) bool { return 3*edits(known) <= len(name) })
	}
	slices.SortStableFunc(near, func(a, b string) int {
		return cmp.Or(cmp.Compare(wordsIn(name, b), wordsIn(name, a)), cmp.Compare(edits(a), edits(b)))
	})
	return near[:min(3, len(near))]
}

// family returns the letters that a name begins with.
func family(name string) string {
	end := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		return name
	}
	return name[:end]
}

// wordsIn counts the words of a known name that a name has too.
func wordsIn(name, known string) (n int) {
	words := wordsOf(name)
	for _, word := range wordsOf(known) {
		if slices.Contains(words, word) {
			n++
		}
	}
	return n
}

func wordsOf(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
}
