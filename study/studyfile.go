package study

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Study is an experiment and what of it varies: the file of a sweep.
type Study struct {
	Axes      []Axis
	Seeds     int // repetitions of every combination, with the seed of the experiment and those after it
	Columns   []string
	EarlyStop bool // runs that are hopelessly overloaded are given up

	file, text string
	base       string         // text of the experiment
	baseFile   string         // its path, as seen from the working folder
	set        map[string]any // by key, what is set in all runs
	settings   []string       // of the command line, applied last
	excluded   []map[string]any
	seed       uint64 // of the experiment
	points     int
	order      []string // keys of all axes
}

// studyTable is a study file.
type studyTable struct {
	Experiment string           `toml:"experiment"`
	Seeds      *int             `toml:"seeds"`
	EarlyStop  *bool            `toml:"early_stop"`
	Columns    []string         `toml:"columns"`
	Set        map[string]any   `toml:"set"`
	Axes       map[string]any   `toml:"axes"`
	Zip        []map[string]any `toml:"zip"`
	Exclude    []map[string]any `toml:"exclude"`
}

// OpenStudy reads a study file. Settings of the form key=value apply to every run.
func OpenStudy(file string, settings ...string) (*Study, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, readable(err)
	}
	return ParseStudy(file, string(text), settings...)
}

// ParseStudy reads the text of a study file.
func ParseStudy(file, text string, settings ...string) (*Study, error) {
	var t studyTable
	meta, err := toml.Decode(text, &t)
	if err != nil {
		return nil, syntax(file, err)
	}
	s := &Study{Seeds: 1, EarlyStop: true, Columns: defaultColumns, file: file, text: text, set: map[string]any{}, settings: settings}
	if unknown := foreign(meta); unknown != "" {
		return nil, s.at(unknown, misplaced(unknown, reflect.TypeFor[studyTable](), "under [set], or under [axes] to vary it"))
	}
	for _, step := range []func(studyTable, toml.MetaData) error{s.readPlain, s.readBase, s.readSet, s.readAxes, s.check} {
		if err := step(t, meta); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// foreign returns a key of the file that no study has.
func foreign(meta toml.MetaData) string {
	for _, key := range meta.Keys() {
		if _, ok := find(fields(reflect.TypeFor[studyTable]()), key[0]); !ok {
			return key[0]
		}
	}
	return ""
}

func (s *Study) readPlain(t studyTable, _ toml.MetaData) error {
	if t.Seeds != nil {
		s.Seeds = *t.Seeds
	}
	if s.Seeds < 1 {
		return s.at("seeds", fmt.Errorf("seeds: %d (must be at least 1)", s.Seeds))
	}
	if t.EarlyStop != nil {
		s.EarlyStop = *t.EarlyStop
	}
	if t.Columns != nil {
		s.Columns = t.Columns
	}
	return nil
}

func (s *Study) readBase(t studyTable, _ toml.MetaData) error {
	s.baseFile = s.file
	if t.Experiment == "" {
		return nil
	}
	s.baseFile = t.Experiment
	if !filepath.IsAbs(s.baseFile) {
		s.baseFile = filepath.Join(filepath.Dir(s.file), s.baseFile)
	}
	text, err := os.ReadFile(s.baseFile)
	s.base = string(text)
	return s.at("experiment", readable(err))
}

func (s *Study) readSet(t studyTable, _ toml.MetaData) error {
	keyed(t.Set, s.set)
	for _, key := range slices.Sorted(maps.Keys(s.set)) {
		if _, err := typeOf(key); err != nil {
			return s.at("set."+key, err)
		}
	}
	for i, table := range t.Exclude {
		all := map[string]any{}
		keyed(table, all)
		if len(all) == 0 {
			return s.at("exclude", fmt.Errorf("exclude %d: empty (must have keys of axes with values)", i))
		}
		s.excluded = append(s.excluded, all)
	}
	return nil
}

// keyed stores the values of nested tables by their whole keys, where these are
// keys of an experiment that are no tables.
func keyed(tree map[string]any, into map[string]any) { keyedBelow("", tree, into) }

func keyedBelow(path string, tree, into map[string]any) {
	for name, value := range tree {
		key := join(path, name)
		inner, isTable := value.(map[string]any)
		if t, err := typeOf(key); isTable && err == nil && isTableOf(t) && !isRange(inner) {
			keyedBelow(key, inner, into)
			continue
		}
		into[key] = value
	}
}

// isTableOf reports whether a key of type t has keys below it.
func isTableOf(t reflect.Type) bool {
	_, single := table(t)
	_, list := tablesOf(t)
	return single || list
}

func isRange(values map[string]any) bool {
	_, from := values["from"]
	return from
}

func (s *Study) readAxes(t studyTable, meta toml.MetaData) error {
	crossed := map[string]any{}
	keyed(t.Axes, crossed)
	for _, key := range inOrder(crossed, meta) {
		a, err := readAxis(key, crossed[key])
		if err != nil {
			return s.at("axes."+key, err)
		}
		s.Axes = append(s.Axes, a)
	}
	for _, group := range t.Zip {
		together := map[string]any{}
		keyed(group, together)
		var axes []Axis
		for _, key := range slices.Sorted(maps.Keys(together)) {
			a, err := readAxis(key, together[key])
			if err != nil {
				return s.at("zip", err)
			}
			axes = append(axes, a)
		}
		if len(axes) == 0 {
			return s.at("zip", errors.New("zip: empty (must have keys with lists of values)"))
		}
		a, err := zip(axes)
		if err != nil {
			return s.at("zip", err)
		}
		s.Axes = append(s.Axes, a)
	}
	return nil
}

// inOrder returns the keys of axes in the order of the file.
func inOrder(crossed map[string]any, meta toml.MetaData) []string {
	var keys []string
	for _, key := range meta.Keys() {
		name := strings.Join(key[min(1, len(key)):], ".")
		if _, ok := crossed[name]; ok && key[0] == "axes" && !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(crossed)) { // of inline tables
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// at puts the place of a key of the study in front of an error.
func (s *Study) at(key string, err error) error {
	if err == nil {
		return nil
	}
	d := Draft{file: s.file, text: s.text}
	section, rest, _ := strings.Cut(key, ".")
	for _, path := range [][]string{strings.Split(key, "."), {section, rest}, {section}} {
		if line := d.line(path); line > 0 {
			return fmt.Errorf("%s:%d: %w", s.file, line, err)
		}
	}
	return fmt.Errorf("%s: %w", s.file, err)
}

// Hash identifies the study: what it says, its experiment, its settings, and the
// profiles.
func (s *Study) Hash(version string, profiles fs.FS) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q\n", version, s.text, s.base, s.settings)
	err := fs.WalkDir(profiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(profiles, path)
		fmt.Fprintf(h, "%q %x\n", path, sha256.Sum256(text))
		return err
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// misplaced returns the error for a key that a kind of file lacks: where it is to be
// written if experiments have it.
func misplaced(key string, file reflect.Type, where string) error {
	if slices.Contains(names(fields(reflect.TypeFor[Experiment]())), key) {
		return fmt.Errorf("%q is a key of experiments (write it %s)", key, where)
	}
	return unknownKey(key, "", names(fields(file)))
}
