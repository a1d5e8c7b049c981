package metrics

import (
	"bytes"
	"fmt"
	"strconv"
)

// gaps are the gaps_ns of a token file. They are most of it, and are read without
// the reflection of encoding/json, in two thirds of the time.
type gaps []int64

// UnmarshalJSON reads an array of integers, or null.
func (g *gaps) UnmarshalJSON(b []byte) error {
	*g = (*g)[:0]
	list, ok := bytes.CutPrefix(b, []byte{'['})
	if !ok {
		if string(b) == "null" {
			return nil
		}
		return fmt.Errorf("gaps_ns: %.20s (must be a list of integers)", b)
	}
	list = bytes.TrimSpace(bytes.TrimSuffix(list, []byte{']'}))
	for len(list) > 0 {
		item, rest, _ := bytes.Cut(list, []byte{','})
		n, err := strconv.ParseInt(string(bytes.TrimSpace(item)), 10, 64)
		if err != nil {
			return fmt.Errorf("gaps_ns[%d]: %.20s (must be an integer of ns)", len(*g), item)
		}
		*g = append(*g, n)
		list = rest
	}
	return nil
}
