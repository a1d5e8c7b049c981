package study

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// Set applies an assignment of the form key=value. The value is read by the type
// of the key: text is taken as it stands, anything else is TOML.
func (d *Draft) Set(assignment string) error {
	key, text, ok := strings.Cut(assignment, "=")
	if key = strings.TrimSpace(key); !ok || key == "" {
		return fmt.Errorf("--set %s: no assignment (must be key=value)", assignment)
	}
	t, err := typeOf(key)
	if err != nil {
		return fmt.Errorf("--set %s: %w", assignment, err)
	}
	value, err := parseValue(text, t)
	if err != nil {
		return fmt.Errorf("--set %s: %w", assignment, err)
	}
	return d.put(key, value, "--set")
}

// put stores a parsed value on behalf of a flag.
func (d *Draft) put(key string, value any, flag string) error {
	words := strings.Split(key, ".")
	table := d.root
	for _, w := range words[:len(words)-1] {
		inner, ok := table[w].(map[string]any)
		if _, written := table[w]; written && !ok {
			return d.locate(wrong(w, table[w], "must be a table"))
		}
		if inner == nil {
			inner = map[string]any{}
			table[w] = inner
		}
		table = inner
	}
	name := last(key)
	if former, written := table[name]; name == "distribution" && written && former != value {
		clear(table)
	}
	table[name] = value
	d.flag[key] = flag
	return nil
}

// parseValue reads the value of a flag for a key of type t.
func parseValue(text string, t reflect.Type) (any, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == durationType || t.Kind() == reflect.String {
		return unquoted(text), nil
	}
	var parsed map[string]any
	_, err := toml.Decode("value = "+text, &parsed)
	if err == nil && len(parsed) == 1 {
		return parsed["value"], nil
	}
	if readsItself(t) { // as text, if it can
		return unquoted(text), nil
	}
	return nil, fmt.Errorf("%q (must be %s)", text, kindOf(reflect.New(t).Elem()))
}

// unquoted strips one pair of double quotes.
func unquoted(text string) string {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		return text[1 : n-1]
	}
	return text
}
