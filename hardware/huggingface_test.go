package hardware

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"metronome/profiles"
)

const llama = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
	"max_position_embeddings": 131072, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "vocab_size": 128256,
	"rope_theta": 500000.0, "tie_word_embeddings": false`

func TestConfigsGiveTheShippedModels(t *testing.T) {
	for name, text := range map[string]string{
		"llama-3.1-8b": llama + `}`,
		"gpt2":         `{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257}`,
		"deepseek-v2-lite": `{"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944,
			"kv_lora_rank": 512, "q_lora_rank": null, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "moe_intermediate_size": 1408,
			"n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1, "moe_layer_freq": 1,
			"num_attention_heads": 16, "num_key_value_heads": 16, "num_hidden_layers": 27, "vocab_size": 102400, "max_position_embeddings": 163840}`,
		"mixtral-8x7b": `{"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "sliding_window": null,
			"num_local_experts": 8, "num_experts_per_tok": 2, "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 32, "vocab_size": 32000, "max_position_embeddings": 32768}`,
	} {
		got, err := ReadConfig("config.json", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		want, err := OpenModel(profiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		got.Name, got.Title, got.Source = want.Name, want.Title, want.Source
		got.TopP, got.Penalty = want.TopP, want.Penalty // of generation_config.json
		if got.MoE != nil && got.MoE.DenseLayers == 0 {
			got.FFN = 0
		}
		if got.MLA != nil {
			got.HeadDim = want.HeadDim
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestConfigsThatAreNotDecodersAreRefused(t *testing.T) {
	for text, word := range map[string]string{
		`{"architectures": ["BertModel"]}`:                                              "decoder",
		`{"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": true}`: "decoder",
		`[]`:                                  "config.json",
		llama + `, "num_mamba_layers": 7}`:    "may change the cost",
		`{"architectures": ["XForCausalLM"]}`: "above 0",
	} {
		_, err := ReadConfig("c.json", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestUnknownFieldsAreReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(llama+`, "flavour": "mild"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open(profiles.FS, Spec{Model: path})
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Join(d.Assumptions(), "\n"); !strings.Contains(lines, "flavour") {
		t.Error(lines)
	}
}

func FuzzReadConfig(f *testing.F) {
	f.Add(llama + `}`)
	f.Add(`{"architectures": ["GPT2LMHeadModel"], "n_layer": -1, "n_head": 1, "n_embd": 0}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ReadConfig("config.json", strings.NewReader(text))
		if err == nil && m.Parameters() <= 0 {
			t.Errorf("a model of %v weights", m.Parameters())
		}
	})
}

// The published sizes, in billions of weights.
func TestShippedModelsHaveTheirPublishedSize(t *testing.T) {
	for name, want := range map[string]float64{
		"llama-2-7b": 6.74, "llama-2-70b": 68.98, "llama-3.1-8b": 8.03, "llama-3.1-405b": 405.85, "llama-3.2-1b": 1.24, "mixtral-8x7b": 46.7, "mixtral-8x22b": 140.6,
		"qwen2.5-72b": 72.7, "qwen3-30b-a3b": 30.5, "qwen3-235b-a22b": 235.1, "yi-34b": 34.4, "gemma-2-27b": 27.2, "phi-3-mini": 3.82, "phi-4": 14.7,
		"deepseek-v2-lite": 15.7, "deepseek-v3": 671.0, "gpt-oss-120b": 116.8, "gpt-oss-20b": 20.9, "falcon-180b": 179.5, "codellama-34b": 33.7,
		"opt-13b": 12.85, "gpt2": 0.124, "bloom-176b": 176.2, "yi-1.5-6b": 6.06, "yi-1.5-9b": 8.83, "yi-1.5-34b": 34.4, "kimi-k2": 1026, "glm-4-9b": 9.4,
		"glm-4.5": 355, "glm-4.5-air": 106, "minimax-m2": 228.7, "llama-4-maverick-17b-128e": 400, "qwen3-coder-480b-a35b": 480, "deepseek-v2": 235.7,
		"gemma-3-4b": 3.88, "tinyllama-1.1b": 1.10,
	} {
		m, err := OpenModel(profiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Parameters() / 1e9; got < want*0.99 || got > want*1.01 {
			t.Errorf("%s has %.3f billion weights, published are %v", name, got, want)
		}
	}
}
