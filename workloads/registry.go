package workloads

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A registry holds the entries of one kind by name.
type registry[T any] struct {
	kind    string
	entries map[string]T
}

func (r *registry[T]) add(name string, entry T) {
	if _, ok := r.entries[name]; ok {
		panic(fmt.Sprintf("workloads: %s %q is registered twice", r.kind, name))
	}
	if r.entries == nil {
		r.entries = map[string]T{}
	}
	r.entries[name] = entry
}

func (r *registry[T]) names() []string { return slices.Sorted(maps.Keys(r.entries)) }

// sorted returns the entries in order of name.
func (r *registry[T]) sorted() []T {
	var all []T
	for _, name := range r.names() {
		all = append(all, r.entries[name])
	}
	return all
}

// find returns the entry that key names, or an error that lists what there is.
func (r *registry[T]) find(key, name string) (T, error) {
	entry, ok := r.entries[name]
	if !ok {
		return entry, fmt.Errorf("%s: unknown %s %q (have %s)", key, r.kind, name, strings.Join(r.names(), ", "))
	}
	return entry, nil
}
