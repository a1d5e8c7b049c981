package hardware

import (
	"cmp"
	"fmt"
	"slices"
)

// Kernels are the measured kernels of a GPU. Families without a table are priced
// by the rules of thumb of the roofline.
type Kernels struct {
	Engine string `toml:"engine"` // and version that the kernels are of
	Source string `toml:"source"`

	GEMM    map[Precision]*Table `toml:"gemm"`    // rows: n, k; columns: m
	Prefill *Table               `toml:"prefill"` // rows: head_dim, bits of the cache, heads, KV heads; columns: batch, prompt tokens
	Decode  *Table               `toml:"decode"`  // rows: the same; columns: batch, context
	MoE     map[Precision]*Table `toml:"moe"`     // rows: hidden, ffn per rank, experts per token, experts, ranks that share them; columns: tokens

	AllReduce []Collective `toml:"all_reduce"`
	AllToAll  []Collective `toml:"all_to_all"`
}

// A Collective is the measured time of a collective operation among ranks.
type Collective struct {
	Ranks  int       `toml:"ranks"`
	Bytes  []float64 `toml:"bytes"`
	Micros []float64 `toml:"us"`
}

// Measured reports whether there is any table.
func (k *Kernels) Measured() bool { return k != nil && len(k.GEMM) > 0 }

func (k *Kernels) validate(file string) error {
	for p, t := range k.GEMM {
		if err := t.validate(fmt.Sprintf("%s: kernels.gemm.%s", file, p), 2, 1); err != nil {
			return err
		}
	}
	for p, t := range k.MoE {
		if err := t.validate(fmt.Sprintf("%s: kernels.moe.%s", file, p), 5, 1); err != nil {
			return err
		}
	}
	if err := cmp.Or(k.Prefill.attends(file+": kernels.prefill"), k.Decode.attends(file+": kernels.decode")); err != nil {
		return err
	}
	for _, c := range slices.Concat(k.AllReduce, k.AllToAll) {
		if !c.sound() {
			return fmt.Errorf("%s: kernels: a collective needs 2 ranks or more, two sizes or more in order, and as many us as bytes, all above 0 (have %+v)", file, c)
		}
	}
	return nil
}

// attends checks a table of attention, which may be missing.
func (t *Table) attends(where string) error {
	if t == nil {
		return nil
	}
	if err := t.validate(where, 4, 2); err != nil {
		return err
	}
	return t.plane(where)
}

func (c Collective) sound() bool {
	return c.Ranks >= 2 && len(c.Bytes) >= 2 && len(c.Bytes) == len(c.Micros) && positive(c.Bytes...) && positive(c.Micros...) && slices.IsSorted(c.Bytes)
}
