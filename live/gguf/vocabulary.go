package gguf

import "fmt"

// vocabulary is the number of tokens.
const vocabulary = 32000

// specialTokens are the first ones: unknown, beginning, end, and the 256 bytes. The
// model never says them, if it is sampled from the best tokens only, so that a reply
// ends only where it is told to, and every token is whole characters.
const specialTokens = 3 + 256

// Kinds of tokens, as the format numbers them.
const tokenNormal, tokenUnknown, tokenControl, tokenByte = 1, 2, 3, 6

// A tokens is a vocabulary in the making: words that a blank precedes are one token if
// they have up to three letters, so that n such words are n tokens and the beginning.
type tokens struct {
	texts  []string
	scores []float32
	kinds  []int32
	seen   map[string]bool
}

func (t *tokens) add(text string, score float32, kind int32) {
	if t.seen[text] || len(t.texts) == vocabulary {
		return
	}
	t.seen[text] = true
	t.texts = append(t.texts, text)
	t.scores = append(t.scores, score)
	t.kinds = append(t.kinds, kind)
}

// blank is what the format writes for a space.
const blank = "\u2581"

func newTokens() *tokens {
	t := &tokens{seen: map[string]bool{}}
	t.add("<unk>", 0, tokenUnknown)
	t.add("<s>", 0, tokenControl)
	t.add("</s>", 0, tokenControl)
	for b := range 256 {
		t.add(fmt.Sprintf("<0x%02X>", b), 0, tokenByte)
	}
	t.add(blank, -900, tokenNormal)
	for c := '!'; c <= '~'; c++ {
		t.add(string(c), -1000, tokenNormal)
	}
	// Longer tokens score higher, so that they are what text is merged into.
	t.words(blank, 1, -800)
	t.words("", 2, -700)
	t.words(blank, 2, -600)
	t.words(blank, 3, -500)
	t.words(blank, 4, -5000) // fills up the vocabulary, and is merged into last
	return t
}

// words adds every word of a number of letters behind a prefix.
func (t *tokens) words(prefix string, letters int, score float32) {
	if letters == 0 {
		t.add(prefix, score, tokenNormal)
		return
	}
	for c := 'a'; c <= 'z' && len(t.texts) < vocabulary; c++ {
		t.words(prefix+string(c), letters-1, score)
	}
}

// An entry is a key of the metadata.
type entry struct {
	key   string
	value any
}

// metadata returns what engines must know of the model.
func (m Model) metadata() []entry {
	t := newTokens()
	return []entry{
		{"general.architecture", "llama"},
		{"general.name", "random"},
		{"general.file_type", 1}, // mostly half precision
		{"general.quantization_version", 2},
		{"llama.block_count", m.Layers},
		{"llama.context_length", m.Context},
		{"llama.embedding_length", m.Hidden},
		{"llama.feed_forward_length", m.FFN},
		{"llama.attention.head_count", m.Heads},
		{"llama.attention.head_count_kv", m.KVHeads},
		{"llama.attention.key_length", m.HeadDim},
		{"llama.attention.value_length", m.HeadDim},
		{"llama.rope.dimension_count", m.HeadDim},
		{"llama.vocab_size", vocabulary},
		{"llama.attention.layer_norm_rms_epsilon", float32(1e-5)},
		{"llama.rope.freq_base", float32(10000)},
		{"tokenizer.ggml.model", "llama"},
		{"tokenizer.ggml.pre", "default"},
		{"tokenizer.ggml.tokens", t.texts},
		{"tokenizer.ggml.scores", t.scores},
		{"tokenizer.ggml.token_type", t.kinds},
		{"tokenizer.ggml.bos_token_id", 1},
		{"tokenizer.ggml.eos_token_id", 2},
		{"tokenizer.ggml.unknown_token_id", 0},
		{"tokenizer.ggml.add_bos_token", true},
		{"tokenizer.ggml.add_eos_token", false},
		{"tokenizer.ggml.add_space_prefix", false},
	}
}
