package study

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/BurntSushi/toml"
)

// decode stores parsed TOML in a variable of exactly the type that the key has:
// unknown keys, numbers in place of durations and the like are errors. An error
// is a *keyError.
func decode(key string, value any, into reflect.Value) error {
	if f, ok := value.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return wrong(key, value, "must be a finite number")
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch reader := into.Addr().Interface().(type) {
	case *time.Duration:
		return decodeDuration(key, value, reader)
	case *Scheduler:
		return decodeScheduler(key, value, reader)
	case toml.Unmarshaler:
		return at(key, reader.UnmarshalTOML(value))
	case encoding.TextUnmarshaler:
		text, ok := value.(string)
		if !ok {
			return wrong(key, value, "must be a string")
		}
		return at(key, reader.UnmarshalText([]byte(text)))
	}
	switch into.Kind() {
	case reflect.Struct:
		return decodeTable(key, value, into)
	case reflect.Slice:
		return decodeList(key, value, into)
	}
	return decodePlain(key, value, into)
}

func decodeTable(key string, value any, into reflect.Value) error {
	rest, err := decodeFields(key, value, into)
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		return about(join(key, name), unknownKey(join(key, name), key, names(fields(into.Type()))))
	}
	return err
}

// decodeFields stores the keys that a struct knows, and returns the others.
func decodeFields(key string, value any, into reflect.Value) (rest map[string]any, err error) {
	values, ok := value.(map[string]any)
	if !ok {
		return nil, wrong(key, value, "must be a table")
	}
	rest = map[string]any{}
	all := fields(into.Type())
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f, ok := find(all, name)
		if !ok {
			rest[name] = values[name]
			continue
		}
		if e := decode(join(key, name), values[name], into.FieldByIndex(f.index)); e != nil && err == nil {
			err = e
		}
	}
	return rest, err
}

func decodeList(key string, value any, into reflect.Value) error {
	values, ok := elements(value)
	if !ok {
		return wrong(key, value, "must be a list")
	}
	list := reflect.MakeSlice(into.Type(), len(values), len(values))
	for i, v := range values {
		if err := decode(fmt.Sprintf("%s.%d", key, i), v, list.Index(i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

// elements returns what a list of values or of tables holds.
func elements(value any) ([]any, bool) {
	tables, ok := value.([]map[string]any)
	if !ok {
		values, ok := value.([]any)
		return values, ok
	}
	values := make([]any, len(tables))
	for i, t := range tables {
		values[i] = t
	}
	return values, true
}

func decodePlain(key string, value any, into reflect.Value) error {
	switch v := value.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return nil
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return nil
		}
	case float64:
		if into.CanFloat() {
			into.SetFloat(v)
			return nil
		}
	case int64:
		if setInt(into, v) {
			return nil
		}
	}
	return wrong(key, value, "must be "+kindOf(into))
}

func setInt(into reflect.Value, v int64) bool {
	switch {
	case into.CanInt():
		into.SetInt(v)
	case into.CanUint() && v >= 0:
		into.SetUint(uint64(v))
	case into.CanFloat():
		into.SetFloat(float64(v))
	default:
		return false
	}
	return true
}

func kindOf(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return "a string"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return "a whole number"
	case v.CanUint():
		return "a whole number from 0"
	case v.CanFloat():
		return "a number"
	}
	return "TOML, such as a list or a table"
}
