package study

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// locate puts the place where a key was written in front of an error about it:
// the file and line, or the flag. The key is that of a keyError, or else the
// first word of the message. Of joined errors it keeps the first.
func (d *Draft) locate(err error) error {
	if d == nil || err == nil {
		return err
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		err = all.Unwrap()[0]
	}
	key, _, _ := strings.Cut(strings.TrimLeft(err.Error(), `"`), ":")
	var k *keyError
	if errors.As(err, &k) {
		key = k.key
	}
	if place := d.place(key); place != "" {
		return fmt.Errorf("%s: %w", place, err)
	}
	return err
}

// place returns where a key, or the table that it is in, was written; "" if it
// was not. A flag that has set a table has the last word on all that is in it.
func (d *Draft) place(key string) string {
	for k := key; k != ""; k = parent(k) {
		if flag := d.flag[k]; flag != "" {
			return flag
		}
	}
	for k := key; k != ""; k = parent(k) {
		if line := d.line(strings.Split(k, ".")); line > 0 {
			return fmt.Sprintf("%s:%d", d.file, line)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(d.flag)) { // of a table that only flags have keys of
		if strings.HasPrefix(k, key+".") {
			return d.flag[k]
		}
	}
	return ""
}

// line returns the line of the file that a key is on, 0 if it is not there. The
// parser tells the position of a key only in an error about its value, so its
// value is decoded into a type that refuses any.
func (d *Draft) line(path []string) int {
	text := d.text
	if len(path) > 1 && isIndex(path[1]) {
		text = upTo(text, path[0], path[1])
	}
	var tables map[string]toml.Primitive
	meta, err := toml.Decode(text, &tables)
	for err == nil && len(path) > 0 {
		value, ok := tables[path[0]]
		if !ok {
			return 0
		}
		if path = path[1:]; len(path) > 0 && isIndex(path[0]) {
			path = path[1:]
		}
		if len(path) == 0 {
			err = meta.PrimitiveDecode(value, new(refusal))
			break
		}
		tables, err = lastTable(meta, value)
	}
	var p toml.ParseError
	if errors.As(err, &p) && p.LastKey != "" {
		return p.Position.Line
	}
	return 0
}

// upTo returns the text without the tables of a list that follow the one of the
// given number: of the keys of a list, the parser knows the positions in the last
// table alone.
func upTo(text, list, number string) string {
	header := regexp.MustCompile(`(?m)^\s*\[\[\s*` + regexp.QuoteMeta(list) + `\s*\]\]`)
	i, _ := strconv.Atoi(number)
	if starts := header.FindAllStringIndex(text, i+2); len(starts) == i+2 {
		return text[:starts[i+1][0]]
	}
	return text
}

// lastTable returns the keys of a table, or of the last one of a list.
func lastTable(meta toml.MetaData, value toml.Primitive) (map[string]toml.Primitive, error) {
	var list []map[string]toml.Primitive
	if err := meta.PrimitiveDecode(value, &list); err == nil && len(list) > 0 {
		return list[len(list)-1], nil
	}
	var table map[string]toml.Primitive
	err := meta.PrimitiveDecode(value, &table)
	return table, err
}

// refusal is a type that no value can be decoded into.
type refusal struct{}

// UnmarshalTOML implements toml.Unmarshaler.
func (*refusal) UnmarshalTOML(any) error { return errors.New("refused") }

// mistyped is what the parser says of a value that a key cannot have.
var mistyped = regexp.MustCompile(`^toml: line (\d+) \(last key "(.+)"\): incompatible types: TOML value has type (\w+); destination has type (\w+)$`)

// syntax returns an error of the parser as one line with its place.
func syntax(file string, err error) error {
	if m := mistyped.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s:%s: %s: is of type %s (must be of type %s)", file, m[1], m[2], m[3], m[4])
	}
	var p toml.ParseError
	if !errors.As(err, &p) {
		return fmt.Errorf("%s: %s", file, oneLine(err.Error()))
	}
	message := p.Message
	if message == "" {
		message = strings.TrimPrefix(err.Error(), "toml: ")
	}
	return fmt.Errorf("%s:%d: %s", file, p.Position.Line, oneLine(message))
}
