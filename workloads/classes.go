package workloads

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Classes are the shares of the classes that requests are of, by name: the table
// [workload.classes]. They need not add up to 1.
type Classes map[string]float64

// UnmarshalTOML reads a table of numbers.
func (c *Classes) UnmarshalTOML(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%v (must be a table of shares, such as {chat = 0.7, code = 0.3})", v)
	}
	*c = Classes{}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		switch share := table[name].(type) {
		case int64:
			(*c)[name] = float64(share)
		case float64:
			(*c)[name] = share
		default:
			return fmt.Errorf("the share of %s is %v (must be a number)", strconv.Quote(name), share)
		}
	}
	return nil
}

// Validate names the first share that makes no sense.
func (c Classes) Validate() error {
	if c != nil && len(c) == 0 {
		return fmt.Errorf("workload.classes: empty (must name a class, or be left out)")
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if share := c[name]; !(share > 0 && share <= math.MaxInt32) {
			return fmt.Errorf("workload.classes.%s: %v (must be above 0)", name, share)
		}
	}
	return nil
}

// classes draw the class of each row.
type classes struct {
	names  []string
	upTo   []float64 // sum of the shares so far
	random *rand.Rand
}

// open returns nil if no classes are drawn.
func (c Classes) open(seed uint64) *classes {
	if len(c) == 0 {
		return nil
	}
	d, sum := &classes{random: Stream(seed, "class")}, 0.0
	for _, name := range slices.Sorted(maps.Keys(c)) {
		sum += c[name]
		d.names, d.upTo = append(d.names, name), append(d.upTo, sum)
	}
	return d
}

func (d *classes) next() string {
	last := len(d.names) - 1
	at, _ := slices.BinarySearch(d.upTo[:last], d.random.Float64()*d.upTo[last])
	return d.names[at]
}
