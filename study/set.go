package study

import (
	"fmt"
	"reflect"
	"strconv"
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
	if isIndex(last(key)) {
		return fmt.Errorf("%s: %s: is a whole table (must be one of its keys, such as %s.name)", flag, key, key)
	}
	table, err := d.tableOf(key)
	if err != nil {
		return d.locate(err)
	}
	name := last(key)
	if former, written := table[name]; name == "distribution" && written && former != value {
		clear(table)
	}
	table[name] = value
	d.flag[key] = flag
	return nil
}

// tableOf returns the table that a key is in, which is made if it was not written.
func (d *Draft) tableOf(key string) (map[string]any, error) {
	words := strings.Split(key, ".")
	table := d.root
	for i := 0; i < len(words)-1; i++ {
		at := strings.Join(words[:i+1], ".")
		if i+2 < len(words) && isIndex(words[i+1]) {
			inner, err := element(table, words[i], words[i+1])
			if err != nil {
				return nil, about(at, fmt.Errorf("%s.%w", at, err))
			}
			table = inner
			i++
			continue
		}
		inner, ok := table[words[i]].(map[string]any)
		if former, written := table[words[i]]; written && !ok {
			return nil, wrong(at, former, "must be a table")
		}
		if inner == nil {
			inner = map[string]any{}
			table[words[i]] = inner
		}
		table = inner
	}
	return table, nil
}

// element returns a table of the list that a table has under a name. The number
// after the last makes one more.
func element(table map[string]any, name, number string) (map[string]any, error) {
	all, ok := elements(table[name])
	i, _ := strconv.Atoi(number)
	if _, written := table[name]; written && !ok || i > len(all) {
		return nil, fmt.Errorf("%s: no such table (there are %d, numbered from 0)", number, len(all))
	}
	if i == len(all) {
		all = append(all, map[string]any{})
		table[name] = all
	}
	inner, ok := all[i].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: %s (must be a table)", number, show(all[i]))
	}
	return inner, nil
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
