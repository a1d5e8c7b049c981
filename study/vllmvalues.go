package study

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// errUnmodelled says that a value is one of vLLM's, but makes no difference here.
var errUnmodelled = errors.New("not modelled")

// always reads a flag without a value.
func always(value any) func(string) (any, error) {
	return func(string) (any, error) { return value, nil }
}

func readCount(value string) (any, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return nil, errors.New("must be a whole number")
	}
	return n, nil
}

func readShare(value string) (any, error) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, errors.New("must be a number above 0 and at most 1")
	}
	return x, nil
}

func readGiB(value string) (any, error) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, errors.New("must be a number of GiB")
	}
	return x, nil
}

// multiples are the suffixes of lengths: 8k is 8,000 tokens, 8K is 8,192.
var multiples = map[byte]float64{'k': 1e3, 'K': 1 << 10, 'm': 1e6, 'M': 1 << 20, 'g': 1e9, 'G': 1 << 30}

func readLength(value string) (any, error) {
	if value == "auto" || value == "-1" {
		return nil, nil
	}
	number, factor := value, 1.0
	if n := len(value); n > 0 && multiples[value[n-1]] > 0 {
		number, factor = value[:n-1], multiples[value[n-1]]
	}
	x, err := strconv.ParseFloat(number, 64)
	if tokens := x * factor; err == nil && tokens == math.Trunc(tokens) && math.Abs(tokens) < 1<<40 {
		return int64(tokens), nil
	}
	return nil, errors.New("must be a whole number, or one such as 8k or 8K")
}

func readType(value string) (any, error) {
	switch value {
	case "auto":
		return nil, nil
	case "bfloat16":
		return "bf16", nil
	case "half", "float16":
		return "fp16", nil
	case "fp8", "fp8_e4m3", "fp8_e5m2":
		return "fp8", nil
	case "float", "float32", "fp8_inc", "fp8_ds_mla":
		return nil, errUnmodelled
	}
	return nil, errors.New("must be auto, bfloat16, float16 or fp8")
}

func readQuantization(value string) (any, error) {
	switch strings.TrimSuffix(value, "_marlin") {
	case "fp8", "mxfp4":
		return strings.TrimSuffix(value, "_marlin"), nil
	case "awq", "gptq":
		return "int4", nil
	case "":
		return nil, errors.New("must name a method")
	}
	return nil, errUnmodelled
}

func readPolicy(value string) (any, error) {
	switch value {
	case "fcfs":
		return nil, nil
	case "priority":
		return nil, errUnmodelled
	}
	return nil, errors.New("must be fcfs or priority")
}
