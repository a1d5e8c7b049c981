package study

import (
	"regexp"
	"strings"
)

// variants are words in the id of a model that leave its architecture as it is.
var variants = regexp.MustCompile(`^(meta|instruct|chat|hf|it|base|coder|thinking|dynamic|quantized|kv|bf16|fp16|\d+[km]|v\d+(\.\d+)*|\d{4})$`)

// checkpoints are words in the id of a model that tell the precision of its weights.
var checkpoints = map[string]string{
	"fp8": "fp8", "w8a8": "int8", "int8": "int8", "w8a16": "int8", "int4": "int4", "4bit": "int4", "w4a16": "int4", "awq": "int4", "gptq": "int4",
}

// ModelOf returns the known name that an id on Hugging Face stands for, such as
// meta-llama/Llama-3.1-8B-Instruct: all its words are in the id, in order, and the
// others are variants. It is "" if there is none. The precision is that of the
// checkpoint, "" if the id does not tell.
func ModelOf(id string, known []string) (name, precision string) {
	base := strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
	words := strings.FieldsFunc(base, func(c rune) bool { return c == '-' || c == '_' })
	for i, word := range words { // such as quantized.w4a16
		words[i] = strings.TrimPrefix(word, "quantized.")
	}
	for _, k := range known {
		if p, ok := matchWords(words, strings.Split(k, "-")); ok && len(k) > len(name) {
			name, precision = k, p
		}
	}
	return name, precision
}

func matchWords(id, name []string) (precision string, ok bool) {
	for _, word := range id {
		switch {
		case len(name) > 0 && word == name[0]:
			name = name[1:]
		case checkpoints[word] != "":
			precision = checkpoints[word]
		case !variants.MatchString(word):
			return "", false
		}
	}
	return precision, len(name) == 0
}
