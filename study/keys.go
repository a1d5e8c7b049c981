package study

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"metronome/scheduler"
)

var (
	durationType  = reflect.TypeFor[time.Duration]()
	schedulerType = reflect.TypeFor[Scheduler]()
	tomlReader    = reflect.TypeFor[toml.Unmarshaler]()
	textReader    = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// A field is a key of a table: where a struct keeps its value.
type field struct {
	key   string
	typ   reflect.Type
	index []int
}

// fields returns the keys of a struct, those of embedded structs among them.
// Fields without a tag are no keys.
func fields(t reflect.Type) []field {
	var all []field
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if key != "" && key != "-" {
			all = append(all, field{key, f.Type, f.Index})
		}
	}
	return all
}

// find returns the field with a key.
func find(all []field, key string) (field, bool) {
	i := slices.IndexFunc(all, func(f field) bool { return f.key == key })
	if i < 0 {
		return field{}, false
	}
	return all[i], true
}

func names(all []field) []string {
	var keys []string
	for _, f := range all {
		keys = append(keys, f.key)
	}
	return keys
}

// readsItself reports whether a type takes parsed TOML or text by a method.
func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(tomlReader) || p.Implements(textReader)
}

// table returns the struct that a key of type t is a table of, or false.
func table(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t, t.Kind() == reflect.Struct && !readsItself(t)
}

// tablesOf returns the struct that the tables of a list of type t are, or false.
func tablesOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Slice {
		return nil, false
	}
	return table(t.Elem())
}

// parameters returns the fields that a policy has for itself.
func parameters(k scheduler.Kind) []field {
	return fields(reflect.TypeOf(k.New(scheduler.Limits{})).Elem())
}

// schedulerFields returns the fields of [scheduler] under any policy.
func schedulerFields() []field {
	all := fields(schedulerType)
	for _, k := range scheduler.Kinds() {
		all = append(all, parameters(k)...)
	}
	return all
}

// subfields returns the keys that a table of type t can have.
func subfields(t reflect.Type) []field {
	if t == schedulerType {
		return schedulerFields()
	}
	return fields(t)
}

// allKeys returns every key below a table at a path, tables included.
func allKeys(path string, t reflect.Type) []string {
	var keys []string
	for _, f := range subfields(t) {
		key := join(path, f.key)
		keys = append(keys, key)
		if t, ok := table(f.typ); ok {
			keys = append(keys, allKeys(key, t)...)
		}
		if t, ok := tablesOf(f.typ); ok {
			keys = append(keys, allKeys(join(key, "0"), t)...)
		}
	}
	return keys
}

// typeOf returns the type of a key, or an error with a suggestion. The tables of a
// list are numbered from 0.
func typeOf(path string) (reflect.Type, error) {
	t, parent := reflect.TypeFor[Experiment](), ""
	for name := range strings.SplitSeq(path, ".") {
		if element, ok := tablesOf(t); ok && isIndex(name) {
			t, parent = element, join(parent, name)
			continue
		}
		inner, ok := table(t)
		if !ok {
			return nil, unknownKey(path, parent, nil)
		}
		f, ok := find(subfields(inner), name)
		if !ok {
			return nil, unknownKey(path, parent, names(subfields(inner)))
		}
		t, parent = f.typ, join(parent, name)
	}
	return t, nil
}

// isIndex reports whether a word of a key numbers a table of a list.
func isIndex(word string) bool {
	_, err := strconv.ParseUint(word, 10, 16)
	return err == nil
}

// join returns the path of a key in a table; the outermost table is "".
func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}
