package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// JSON returns the report as one indented object, the rows of head first. Rows
// of one group, and of one name, are together, in the order in which they first
// appear. Numbers that are not whole have seven significant digits.
func (r *Report) JSON(head ...Row) []byte {
	var top object
	for _, row := range append(head, r.Rows...) {
		o := &top
		if row.Group != "" {
			o = o.child(row.Group)
		}
		name := row.Name
		if row.Stat != "" {
			o, name = o.child(row.Name), row.Stat
		}
		o.members = append(o.members, member{name, row.Value})
	}
	var b bytes.Buffer
	top.write(&b, "\n")
	b.WriteByte('\n')
	return b.Bytes()
}

// An object is a JSON object that keeps the order of its members.
type object struct{ members []member }

type member struct {
	name  string
	value any // *object, or the value of a Row
}

func (o *object) child(name string) *object {
	for _, m := range o.members {
		if c, ok := m.value.(*object); ok && m.name == name {
			return c
		}
	}
	c := new(object)
	o.members = append(o.members, member{name, c})
	return c
}

func (o *object) write(b *bytes.Buffer, indent string) {
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(indent + "  ")
		b.WriteString(quoted(m.name))
		b.WriteString(": ")
		if c, ok := m.value.(*object); ok {
			c.write(b, indent+"  ")
		} else {
			b.WriteString(literal(m.value))
		}
	}
	b.WriteString(indent + "}")
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return decimal(v)
	case string:
		return quoted(v)
	case bool:
		return strconv.FormatBool(v)
	}
	panic(fmt.Sprintf("metrics: row with a %T (must be an int64, a float64, a string, a bool or nil)", v))
}

func decimal(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "null"
	}
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64)
	b, _ := json.Marshal(rounded)
	return string(b)
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
