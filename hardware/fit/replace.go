package fit

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A Replacement is a table of attention kernels as another version of an engine has
// them. The kernels that it measured count instead of those of the same table in the
// folder, at the sizes that both have.
type Replacement struct {
	Family string // context_attention or generation_attention
	Name   string // of the file, for messages; one that ends in .gz is compressed
	Table  io.Reader
}

// Replaceable are the tables that may be replaced.
var Replaceable = []string{"context_attention", "generation_attention"}

// aliases are the names that the tables of aiconfigurator have for columns.
var aliases = map[string]string{"num_heads": "nq", "num_key_value_heads": "nkv", "latency": "latency_ms"}

// rename gives columns the names that they have here. There, kv_len is told as the
// tokens of a step and those before it, and as many KV heads as heads are 0.
func (f *frame) rename() error {
	step, theirs := f.columns["step"]
	if !theirs {
		return nil
	}
	for theirs, ours := range aliases {
		if i, ok := f.columns[theirs]; ok {
			f.columns[ours] = i
		}
	}
	f.columns["kv_len"] = len(f.rows[0])
	for i, row := range f.rows {
		tokens, err := f.whole(i, "isl")
		if err != nil {
			return err
		}
		before, err := strconv.Atoi(row[step])
		if err != nil || before < 0 {
			return fmt.Errorf("%s: step: %q (must be the tokens before, a whole number)", f.at(i), row[step])
		}
		if f.text(i, "nkv") == "0" {
			row[f.columns["nkv"]] = f.text(i, "nq")
		}
		f.rows[i] = append(row, strconv.Itoa(tokens[0]+before))
	}
	return nil
}

// replaceBy takes the kernels that another family has measured from there, at the
// sizes that both have. Of a call that is there twice, the last counts.
func (y *family) replaceBy(o *family) {
	kernels, calls := map[string]bool{}, map[string]point{}
	for _, p := range o.points {
		kernels[fmt.Sprint(p.row)] = true
		calls[fmt.Sprint(p.row, p.column)] = p
	}
	y.points = slices.DeleteFunc(y.points, func(p point) bool {
		_, measured := calls[fmt.Sprint(p.row, p.column)]
		return kernels[fmt.Sprint(p.row)] && !measured
	})
	for i, p := range y.points {
		if other, ok := calls[fmt.Sprint(p.row, p.column)]; ok {
			y.points[i].seconds = other.seconds
		}
	}
}
