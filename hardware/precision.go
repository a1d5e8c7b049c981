package hardware

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Precision is a format of weights or of the KV cache.
type Precision string

// The precisions that a deployment may name.
const (
	BF16  Precision = "bf16"
	FP16  Precision = "fp16"
	FP8   Precision = "fp8"
	INT8  Precision = "int8"
	INT4  Precision = "int4"  // weights only: products are computed in bf16
	MXFP4 Precision = "mxfp4" // weights of experts only; the others stay bf16

	// FP8Block is fp8 with a scale per block of 128 × 128 weights, which the experts of
	// some models have.
	FP8Block Precision = "fp8-block"
)

// A format tells what a precision costs.
type format struct {
	bytes   float64   // per weight, scales included
	compute Precision // in which products are formed
	cache   bool      // may hold the KV cache
}

var formats = map[Precision]format{
	BF16:     {bytes: 2, compute: BF16, cache: true},
	FP16:     {bytes: 2, compute: FP16, cache: true},
	FP8:      {bytes: 1, compute: FP8, cache: true},
	FP8Block: {bytes: 1, compute: FP8},
	INT8:     {bytes: 1, compute: INT8, cache: true},
	INT4:     {bytes: 0.5 + 2.5/128, compute: BF16}, // a 16-bit scale and a zero point per 128 weights
	MXFP4:    {bytes: 0.5 + 1.0/32, compute: BF16},  // an 8-bit scale per 32 weights
}

// Bytes returns the bytes that one value takes, its share of scales included.
func (p Precision) Bytes() float64 { return formats[p].bytes }

// Compute returns the precision in which products with such weights are formed.
func (p Precision) Compute() Precision { return formats[p].compute }

func (p Precision) validate(key string, cache bool) error {
	if f, ok := formats[p]; ok && (f.cache || !cache) {
		return nil
	}
	var have []string
	for _, name := range slices.Sorted(maps.Keys(formats)) {
		if !cache || formats[name].cache {
			have = append(have, string(name))
		}
	}
	return fmt.Errorf("%s: unknown precision %q (have %s)", key, p, strings.Join(have, ", "))
}

// dense returns the precision of weights outside the experts.
func (p Precision) dense() Precision {
	if p == MXFP4 {
		return BF16
	}
	return p
}

// Four-bit weights are widened in registers before each product, which slows down
// reading them, and which the arithmetic does not hide. Both are what experts of vLLM
// 0.14 take on an H100 with four-bit weights over those with plain ones of 0.24.
const (
	unpackedReads = 0.8 // of the speed of memory
	unpackedWork  = 1.6 // of the time of the products, on top
)

// unpacked returns the bound of a kernel that has to unpack its weights first.
func (c Cost) unpacked(p Precision) float64 {
	if p.Bytes() >= 1 {
		return c.Bound()
	}
	return c.Bytes/(c.Speed*unpackedReads) + unpackedWork*c.FLOPs/c.Peak
}
