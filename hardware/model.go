package hardware

import (
	"fmt"
	"io/fs"
)

// A Model is the architecture of a decoder-only transformer.
type Model struct {
	Name   string `toml:"-"`
	Title  string `toml:"title"`
	Source string `toml:"source"`

	Layers     int  `toml:"layers"`
	Hidden     int  `toml:"hidden"`
	Heads      int  `toml:"heads"`       // of queries
	KVHeads    int  `toml:"kv_heads"`    // of keys and values
	HeadDim    int  `toml:"head_dim"`    //
	FFN        int  `toml:"ffn"`         // inner width of a dense MLP
	Ungated    bool `toml:"ungated"`     // the MLP has two matrices, not three
	Vocab      int  `toml:"vocab"`       //
	MaxContext int  `toml:"max_context"` // tokens
	Tied       bool `toml:"tied"`        // the LM head is the embedding table
}

// OpenModel reads models/<name>.toml.
func OpenModel(fsys fs.FS, name string) (Model, error) {
	m := Model{Name: name}
	if err := readProfile(fsys, "deployment.model", "models", name, &m); err != nil {
		return Model{}, err
	}
	return m, m.validate("models/" + name + ".toml")
}

// matrices returns the number of matrices in an MLP.
func (m Model) matrices() int {
	if m.Ungated {
		return 2
	}
	return 3
}

// qkv returns the width of the fused projection to queries, keys and values on
// one of tp ranks. Heads of keys and values are replicated when there are fewer than ranks.
func (m Model) qkv(tp int) int { return (ceilDiv(m.Heads, tp) + 2*m.kvHeads(tp)) * m.HeadDim }

func (m Model) kvHeads(tp int) int { return ceilDiv(m.KVHeads, tp) }

// layerWeights returns the weights of a layer on one of tp ranks.
func (m Model) layerWeights(tp int) float64 {
	h := float64(m.Hidden)
	heads := float64(ceilDiv(m.Heads, tp) * m.HeadDim)
	return h*float64(m.qkv(tp)) + heads*h + float64(m.matrices())*h*float64(ceilDiv(m.FFN, tp))
}

// table returns the weights of the embedding table, or of the LM head, on one of tp ranks.
func (m Model) table(tp int) float64 { return float64(ceilDiv(m.Vocab, tp)) * float64(m.Hidden) }

// Parameters returns the number of weights.
func (m Model) Parameters() float64 {
	tables := 2.0
	if m.Tied {
		tables = 1
	}
	return float64(m.Layers)*m.layerWeights(1) + tables*m.table(1)
}

// String describes the model in a line.
func (m Model) String() string {
	return fmt.Sprintf("%s: %.1f B parameters, %d layers, context %d", m.Title, m.Parameters()/1e9, m.Layers, m.MaxContext)
}

func (m Model) validate(file string) error {
	for _, f := range []struct {
		key   string
		value int
	}{
		{"layers", m.Layers}, {"hidden", m.Hidden}, {"heads", m.Heads}, {"kv_heads", m.KVHeads}, {"head_dim", m.HeadDim},
		{"ffn", m.FFN}, {"vocab", m.Vocab}, {"max_context", m.MaxContext},
	} {
		if f.value < 1 || f.value > 1<<30 {
			return fmt.Errorf("%s: %s: %d (must be above 0)", file, f.key, f.value)
		}
	}
	if m.Heads%m.KVHeads != 0 {
		return fmt.Errorf("%s: heads: %d (must be a multiple of kv_heads, %d)", file, m.Heads, m.KVHeads)
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
