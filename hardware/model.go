package hardware

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"
)

// A Model is the architecture of a decoder-only transformer.
type Model struct {
	Name   string `toml:"-"`
	Title  string `toml:"title"`
	Source string `toml:"source"`

	Layers     int  `toml:"layers"`
	Hidden     int  `toml:"hidden"`
	Heads      int  `toml:"heads"`    // of queries
	KVHeads    int  `toml:"kv_heads"` // of keys and values
	HeadDim    int  `toml:"head_dim"`
	FFN        int  `toml:"ffn"`     // inner width of a dense MLP
	Ungated    bool `toml:"ungated"` // the MLP has two matrices, not three
	Vocab      int  `toml:"vocab"`
	MaxContext int  `toml:"max_context"` // tokens
	Tied       bool `toml:"tied"`        // the LM head is the embedding table
	Positions  int  `toml:"positions"`   // rows of a table of learned positions
	QKNorm     bool `toml:"qk_norm"`     // queries and keys are normalised by head

	Precision Precision `toml:"precision"` // in which its weights were published; empty is bf16

	// What engines do by default with the logits of the model, if a request does not
	// say otherwise (generation_config.json): draw from the likeliest tokens alone,
	// for which all are sorted, and make tokens that were used less likely.
	TopP    bool `toml:"top_p"`
	Penalty bool `toml:"penalty"`

	Window       int `toml:"window"`        // positions that a query sees in some layers; 0 is all
	WindowLayers int `toml:"window_layers"` // layers with the window

	MoE *MoE `toml:"moe"`
	MLA *MLA `toml:"mla"`

	// Notes say what of its config.json was left aside.
	Notes []string `toml:"-"`
}

// A MoE is the mixture of experts that most layers have for an MLP.
type MoE struct {
	Experts     int `toml:"experts"`
	PerToken    int `toml:"per_token"`    // experts that compute a token
	FFN         int `toml:"ffn"`          // inner width of an expert
	SharedFFN   int `toml:"shared_ffn"`   // inner width of what computes every token; 0 is none
	DenseLayers int `toml:"dense_layers"` // layers that have a dense MLP
}

// An MLA is a cache of compressed keys and values (multi-head latent attention).
type MLA struct {
	Rank      int `toml:"rank"`       // width of the latent
	QueryRank int `toml:"query_rank"` // width of compressed queries; 0 is not compressed
	Nope      int `toml:"nope"`       // width of a key without position
	Rope      int `toml:"rope"`       // width of the part of a key with position, shared by the heads
	Value     int `toml:"value"`      // width of a value
}

// OpenModel reads models/<name>.toml or, if the name ends in .json, the Hugging Face
// config.json at that path.
func OpenModel(fsys fs.FS, name string) (Model, error) {
	if strings.HasSuffix(name, ".json") {
		return openConfig(name)
	}
	m := Model{Name: name}
	if err := readProfile(fsys, "deployment.model", "models", name, &m); err != nil {
		return Model{}, err
	}
	return m, m.validate("models/" + name + ".toml")
}

// matrices returns the number of matrices in an MLP.
func (m *Model) matrices() int {
	if m.Ungated {
		return 2
	}
	return 3
}

// qkv returns the width of the fused projection to queries, keys and values on
// one of tp ranks. Heads of keys and values are replicated when there are fewer than ranks.
func (m *Model) qkv(tp int) int { return (ceilDiv(m.Heads, tp) + 2*m.kvHeads(tp)) * m.HeadDim }

func (m *Model) kvHeads(tp int) int { return ceilDiv(m.KVHeads, tp) }

func (m *Model) denseLayers() int {
	if m.MoE == nil {
		return m.Layers
	}
	return m.MoE.DenseLayers
}

func (m *Model) windowed() int {
	if m.Window == 0 || m.Window >= m.MaxContext {
		return 0
	}
	return m.WindowLayers
}

// attentionWeights returns the weights of the projections of a layer on one of tp ranks.
func (m *Model) attentionWeights(tp int) float64 {
	heads := ceilDiv(m.Heads, tp)
	if l := m.MLA; l != nil {
		query := m.Hidden * heads * (l.Nope + l.Rope)
		if l.QueryRank > 0 {
			query = l.QueryRank * (m.Hidden + heads*(l.Nope+l.Rope))
		}
		return float64(query + m.Hidden*(l.Rank+l.Rope) + l.Rank*heads*(l.Nope+l.Value) + heads*l.Value*m.Hidden)
	}
	return float64(m.Hidden) * float64(m.qkv(tp)+heads*m.HeadDim)
}

// mlpWeights returns the weights of an MLP of the given inner width.
func (m *Model) mlpWeights(ffn int) float64 { return float64(m.matrices()) * float64(m.Hidden*ffn) }

// table returns the weights of the embedding table, or of the LM head, on one of tp ranks.
func (m *Model) table(tp int) float64 { return float64(ceilDiv(m.Vocab, tp)) * float64(m.Hidden) }

// denseWeights returns all weights but tables and routed experts, on one of tp ranks.
func (m *Model) denseWeights(tp int) float64 {
	w := float64(m.Layers)*m.attentionWeights(tp) + float64(m.denseLayers())*m.mlpWeights(ceilDiv(m.FFN, tp))
	if e := m.MoE; e != nil {
		w += float64(m.Layers-m.denseLayers()) * (m.mlpWeights(ceilDiv(e.SharedFFN, tp)) + float64(m.Hidden*e.Experts))
	}
	return w
}

// expertWeights returns the weights of all routed experts.
func (m *Model) expertWeights() float64 {
	if m.MoE == nil {
		return 0
	}
	return float64((m.Layers-m.denseLayers())*m.MoE.Experts) * m.mlpWeights(m.MoE.FFN)
}

// Parameters returns the number of weights.
func (m *Model) Parameters() float64 {
	tables := 2.0
	if m.Tied {
		tables = 1
	}
	return m.denseWeights(1) + m.expertWeights() + tables*m.table(1) + float64(m.Positions*m.Hidden)
}

// String describes the model in a line.
func (m Model) String() string {
	return fmt.Sprintf("%s: %.1f B parameters, %d layers, context %d", m.Title, m.Parameters()/1e9, m.Layers, m.MaxContext)
}

// required is a figure of a profile that must be above 0.
type required struct {
	key   string
	value int
}

func (m *Model) validate(file string) error {
	figures := []required{
		{"layers", m.Layers}, {"hidden", m.Hidden}, {"heads", m.Heads}, {"kv_heads", m.KVHeads}, {"head_dim", m.HeadDim},
		{"vocab", m.Vocab}, {"max_context", m.MaxContext},
	}
	if m.denseLayers() > 0 {
		figures = append(figures, required{"ffn", m.FFN})
	}
	if e := m.MoE; e != nil {
		figures = append(figures, required{"moe.experts", e.Experts}, required{"moe.per_token", e.PerToken}, required{"moe.ffn", e.FFN})
	}
	if l := m.MLA; l != nil {
		figures = append(figures, required{"mla.rank", l.Rank}, required{"mla.nope", l.Nope}, required{"mla.rope", l.Rope}, required{"mla.value", l.Value})
	}
	if err := cmp.Or(m.Precision, BF16).validate(file+": precision", false); err != nil {
		return err
	}
	for _, f := range figures {
		if f.value < 1 || f.value > 1<<24 {
			return fmt.Errorf("%s: %s: %d (must be above 0)", file, f.key, f.value)
		}
	}
	switch {
	case m.Heads%m.KVHeads != 0:
		return fmt.Errorf("%s: heads: %d (must be a multiple of kv_heads, %d)", file, m.Heads, m.KVHeads)
	case m.MoE != nil && (m.MoE.PerToken > m.MoE.Experts || m.MoE.DenseLayers < 0 || m.MoE.DenseLayers > m.Layers || m.MoE.SharedFFN < 0):
		return fmt.Errorf("%s: moe: %+v (a token takes at most all experts, and dense_layers is at most %d)", file, *m.MoE, m.Layers)
	case m.Window < 0 || m.WindowLayers < 0 || m.WindowLayers > m.Layers:
		return fmt.Errorf("%s: window_layers: %d (must be 0 to %d)", file, m.WindowLayers, m.Layers)
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
