package hardware

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A config is what a Hugging Face config.json tells about the cost of a decoder.
type config struct {
	Architectures   []string `json:"architectures"`
	EncoderDecoder  bool     `json:"is_encoder_decoder"`
	ModelType       string   `json:"model_type"`
	Text            *config  `json:"text_config"`
	Layers          int      `json:"num_hidden_layers"`
	Hidden          int      `json:"hidden_size"`
	Heads           int      `json:"num_attention_heads"`
	KVHeads         int      `json:"num_key_value_heads"`
	FalconKVHeads   int      `json:"num_kv_heads"`
	MultiQuery      bool     `json:"multi_query"`
	HeadDim         int      `json:"head_dim"`
	FFN             int      `json:"intermediate_size"`
	OPTFFN          int      `json:"ffn_dim"`
	FalconFFN       int      `json:"ffn_hidden_size"`
	Vocab           int      `json:"vocab_size"`
	MaxContext      int      `json:"max_position_embeddings"`
	Tied            *bool    `json:"tie_word_embeddings"`
	Window          int      `json:"sliding_window"`
	UseWindow       *bool    `json:"use_sliding_window"`
	MaxWindowLayers int      `json:"max_window_layers"`
	LayerTypes      []string `json:"layer_types"`
	WindowPattern   int      `json:"sliding_window_pattern"`

	MixtralExperts int             `json:"num_local_experts"`
	QwenExperts    int             `json:"num_experts"`
	Experts        int             `json:"n_routed_experts"`
	PerToken       int             `json:"num_experts_per_tok"`
	ExpertFFN      int             `json:"moe_intermediate_size"`
	SharedFFN      int             `json:"shared_expert_intermediate_size"`
	Shared         int             `json:"n_shared_experts"`
	DenseFirst     int             `json:"first_k_dense_replace"`
	SparseStep     int             `json:"decoder_sparse_step"`
	DenseOnly      []int           `json:"mlp_only_layers"`
	ExpertEvery    int             `json:"moe_layer_freq"`
	Rank           int             `json:"kv_lora_rank"`
	QueryRank      int             `json:"q_lora_rank"`
	Nope           int             `json:"qk_nope_head_dim"`
	Rope           int             `json:"qk_rope_head_dim"`
	Value          int             `json:"v_head_dim"`
	Quantization   json.RawMessage `json:"quantization_config"`

	// The names that GPT-2 gives to the same figures.
	GPTLayers  int `json:"n_layer"`
	GPTHidden  int `json:"n_embd"`
	GPTHeads   int `json:"n_head"`
	GPTFFN     int `json:"n_inner"`
	GPTContext int `json:"n_positions"`
}

// ReadConfig reads a Hugging Face config.json of a decoder. The notes of the model
// name the fields that were left aside; one that may change the cost is an error.
func ReadConfig(file string, r io.Reader) (Model, error) {
	text, err := io.ReadAll(io.LimitReader(r, 1<<22))
	if err != nil {
		return Model{}, fmt.Errorf("%s: %w", file, err)
	}
	var c config
	if err := json.Unmarshal(text, &c); err != nil {
		return Model{}, fmt.Errorf("%s: not a config.json: %w", file, err)
	}
	if err := c.decoder(file); err != nil {
		return Model{}, err
	}
	left, err := leftAside(file, text)
	if err != nil {
		return Model{}, err
	}
	if c.Text != nil {
		c.Text.Architectures = c.Architectures
		c = *c.Text
		left = append(left, "all but text_config (vision and audio are not modelled)")
	}
	m, err := c.model(file)
	if err != nil {
		return Model{}, err
	}
	m.Notes = left
	return m, m.validate(file)
}

func openConfig(path string) (Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return Model{}, fmt.Errorf("deployment.model: %w", err)
	}
	defer f.Close()
	m, err := ReadConfig(path, f)
	m.Name = strings.TrimSuffix(filepath.Base(path), ".json")
	if m.Name == "config" {
		m.Name = filepath.Base(filepath.Dir(path))
	}
	return m, err
}

func (c *config) decoder(file string) error {
	for _, a := range c.Architectures {
		if strings.Contains(a, "CausalLM") || strings.Contains(a, "LMHead") || c.Text != nil && strings.Contains(a, "ConditionalGeneration") {
			if !c.EncoderDecoder {
				return nil
			}
		}
	}
	if len(c.Architectures) == 0 && !c.EncoderDecoder && (c.Layers > 0 || c.GPTLayers > 0) {
		return nil
	}
	return fmt.Errorf("%s: architectures: %v (must be a decoder: …ForCausalLM or …LMHeadModel)", file, c.Architectures)
}

func (c *config) model(file string) (Model, error) {
	m := Model{
		Title: strings.Join(c.Architectures, ", "), Source: file,
		Layers: cmp.Or(c.Layers, c.GPTLayers), Hidden: cmp.Or(c.Hidden, c.GPTHidden), Heads: cmp.Or(c.Heads, c.GPTHeads),
		Vocab: c.Vocab, MaxContext: cmp.Or(c.MaxContext, c.GPTContext),
	}
	if m.Heads < 1 || m.Hidden < 1 {
		return Model{}, fmt.Errorf("%s: hidden_size %d, num_attention_heads %d (must be above 0)", file, m.Hidden, m.Heads)
	}
	m.KVHeads = cmp.Or(c.KVHeads, c.FalconKVHeads, m.Heads)
	if c.MultiQuery && c.FalconKVHeads == 0 {
		m.KVHeads = 1
	}
	m.HeadDim = cmp.Or(c.HeadDim, m.Hidden/m.Heads)
	m.FFN = cmp.Or(c.FFN, c.OPTFFN, c.FalconFFN, c.GPTFFN, 4*m.Hidden)
	m.Ungated = slices.Contains([]string{"gpt2", "opt", "falcon", "bloom", "gpt_neox", "phi", "starcoder2"}, c.ModelType)
	m.Tied = c.tied()
	m.QKNorm = strings.HasPrefix(c.ModelType, "qwen3") || strings.HasPrefix(c.ModelType, "gemma3")
	if m.Ungated && (c.ModelType == "gpt2" || c.ModelType == "opt") {
		m.Positions = m.MaxContext
	}
	c.window(&m)
	if c.Rank > 0 {
		m.MLA = &MLA{Rank: c.Rank, QueryRank: c.QueryRank, Nope: c.Nope, Rope: c.Rope, Value: c.Value}
	}
	return m, c.experts(file, &m)
}

// tied reports whether the LM head is the embedding table. The default of older
// and of Gemma's architectures is that it is.
func (c *config) tied() bool {
	if c.Tied != nil {
		return *c.Tied
	}
	return slices.Contains([]string{"gpt2", "opt", "bloom", "gemma", "gemma2", "gemma3_text"}, c.ModelType)
}

func (c *config) window(m *Model) {
	if c.Window == 0 || c.UseWindow != nil && !*c.UseWindow {
		return
	}
	m.Window, m.WindowLayers = c.Window, m.Layers
	switch {
	case len(c.LayerTypes) > 0:
		m.WindowLayers = 0
		for _, kind := range c.LayerTypes {
			if kind == "sliding_attention" {
				m.WindowLayers++
			}
		}
	case c.WindowPattern > 0:
		m.WindowLayers = m.Layers - m.Layers/c.WindowPattern
	case c.ModelType == "gemma2" || c.ModelType == "gpt_oss":
		m.WindowLayers = ceilDiv(m.Layers, 2)
	case c.MaxWindowLayers > 0:
		m.WindowLayers = max(0, m.Layers-c.MaxWindowLayers)
	}
}

func (c *config) experts(file string, m *Model) error {
	experts := cmp.Or(c.Experts, c.QwenExperts, c.MixtralExperts)
	if experts == 0 {
		return nil
	}
	if c.ExpertEvery > 1 || c.SparseStep > 1 {
		return fmt.Errorf("%s: experts in every %dth layer are not modelled (moe_layer_freq and decoder_sparse_step must be 1)", file, cmp.Or(c.ExpertEvery, c.SparseStep))
	}
	m.MoE = &MoE{
		Experts: experts, PerToken: c.PerToken, FFN: cmp.Or(c.ExpertFFN, m.FFN),
		SharedFFN: cmp.Or(c.SharedFFN, c.Shared*c.ExpertFFN), DenseLayers: cmp.Or(c.DenseFirst, len(c.DenseOnly)),
	}
	return nil
}
