package study

import (
	"strings"
	"testing"
)

func TestWordsAreSplitAsAShellDoes(t *testing.T) {
	for command, want := range map[string][]string{
		`a b  c`:             {"a", "b", "c"},
		`a "b c" 'd "e"'`:    {"a", "b c", `d "e"`},
		"a \\\n  b":          {"a", "b"},
		`a\ b ""`:            {"a b", ""},
		`--x='{"a": "b c"}'`: {`--x={"a": "b c"}`},
		``:                   nil,
	} {
		got, err := splitWords(command)
		if err != nil || strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Errorf("%q is split into %q, %v", command, got, err)
		}
	}
	for _, command := range []string{`a "b`, `a 'b`, `a \`} {
		if got, err := splitWords(command); err == nil {
			t.Errorf("%q is split into %q", command, got)
		}
	}
}

func TestModelIdsAreMatched(t *testing.T) {
	known := []string{"llama-2-70b", "llama-2-7b", "llama-3.1-70b", "llama-3.1-8b", "mistral-7b", "yi-34b"}
	for id, want := range map[string]string{
		"meta-llama/Llama-3.1-8B-Instruct":                   "llama-3.1-8b",
		"meta-llama/Meta-Llama-3.1-70B":                      "llama-3.1-70b",
		"meta-llama/Llama-2-7b-hf":                           "llama-2-7b",
		"meta-llama/Llama-2-70b-chat-hf":                     "llama-2-70b",
		"mistralai/Mistral-7B-Instruct-v0.3":                 "mistral-7b",
		"RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8":            "llama-3.1-8b fp8",
		"hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4": "llama-3.1-8b int4",
		"01-ai/Yi-34B-200K":                                  "yi-34b",
		"llama-2-7b":                                         "llama-2-7b",
		"RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8-dynamic":   "llama-3.1-70b fp8",
		"neuralmagic/Llama-2-7b-chat-quantized.w4a16":        "llama-2-7b int4",
		"someone/llama_2_70b_chat":                           "llama-2-70b",
		"meta-llama/Llama-3.2-11B-Vision":                    "",
		"someone/Llama-2-7b-moe":                             "",
	} {
		name, precision := ModelOf(id, known)
		if got := strings.TrimSpace(name + " " + precision); got != want {
			t.Errorf("%s is %q, not %q", id, got, want)
		}
	}
}
