package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Quality is the share of requests of each class that a model answers well, by
// name of the class. AnyOther stands for classes that it does not name.
type Quality map[string]float64

// AnyOther is the class of requests whose own is not named.
const AnyOther = "other"

// Of returns the share of a class, from 0 to 1; 0 if nothing is known of it.
func (q Quality) Of(class string) float64 {
	if share, named := q[class]; named {
		return share
	}
	return q[AnyOther]
}

// UnmarshalTOML reads a number, which stands for all classes, or a table of them.
func (q *Quality) UnmarshalTOML(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		table = map[string]any{AnyOther: v}
	}
	*q = Quality{}
	for _, class := range slices.Sorted(maps.Keys(table)) {
		share, err := number(table[class])
		if err != nil || !(share >= 0 && share <= 1) {
			return fmt.Errorf("%v for class %s (must be a number from 0 to 1, or a table of them such as {chat = 0.8, %s = 0.6})", table[class], strconv.Quote(class), AnyOther)
		}
		(*q)[class] = share
	}
	return nil
}

func number(v any) (float64, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, fmt.Errorf("%v (must be a number)", v)
}

// MarshalTOML writes the table.
func (q Quality) MarshalTOML() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, class := range slices.Sorted(maps.Keys(q)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = %s", quoted(class), strconv.FormatFloat(q[class], 'f', -1, 64))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
