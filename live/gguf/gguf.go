// Package gguf writes language models of random weights in the format of llama.cpp
// (GGUF, version 3, architecture llama). The text that they produce is nonsense, the
// work that it costs is real: they are to test with real engines on any machine.
package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
)

// A Model is the shape of a model, and the seed of its weights.
type Model struct {
	Hidden, Layers, Heads, KVHeads, HeadDim, FFN int
	Context                                      int // tokens
	Seed                                         uint64
}

// Small returns a model of 86 million parameters, whose iterations a core of a CPU
// takes milliseconds for.
func Small() Model {
	return Model{Hidden: 512, Layers: 8, Heads: 4, KVHeads: 2, HeadDim: 64, FFN: 4096, Context: 8192, Seed: 1}
}

func (m Model) validate() error {
	sizes := []int{m.Hidden, m.Layers, m.Heads, m.KVHeads, m.HeadDim, m.FFN, m.Context}
	if slices.Min(sizes) < 1 || slices.Max(sizes) > 1<<20 {
		return fmt.Errorf("gguf: %+v (all sizes must be 1 to %d)", m, 1<<20)
	}
	if m.Hidden%32 != 0 || m.HeadDim%2 != 0 || m.Heads%m.KVHeads != 0 {
		return fmt.Errorf("gguf: hidden %d, head dim %d, %d heads over %d (must be multiples of 32, 2 and the KV heads)", m.Hidden, m.HeadDim, m.Heads, m.KVHeads)
	}
	return nil
}

// A tensor is a matrix of half precision, or a vector of ones in single precision.
type tensor struct {
	name string
	dims []int // the contiguous one first
	kind kind
}

type kind int

const (
	ones kind = iota
	weights
	logits // weights of the output, whose rows of special tokens are 0
)

// tensors returns the tensors of the model in their order.
func (m Model) tensors() []tensor {
	q, kv := m.HeadDim*m.Heads, m.HeadDim*m.KVHeads
	all := []tensor{{"token_embd.weight", []int{m.Hidden, vocabulary}, weights}}
	for i := range m.Layers {
		for _, t := range []tensor{
			{"attn_norm", []int{m.Hidden}, ones},
			{"attn_q", []int{m.Hidden, q}, weights}, {"attn_k", []int{m.Hidden, kv}, weights},
			{"attn_v", []int{m.Hidden, kv}, weights}, {"attn_output", []int{q, m.Hidden}, weights},
			{"ffn_norm", []int{m.Hidden}, ones},
			{"ffn_gate", []int{m.Hidden, m.FFN}, weights}, {"ffn_up", []int{m.Hidden, m.FFN}, weights},
			{"ffn_down", []int{m.FFN, m.Hidden}, weights},
		} {
			t.name = fmt.Sprintf("blk.%d.%s.weight", i, t.name)
			all = append(all, t)
		}
	}
	return append(all, tensor{"output_norm.weight", []int{m.Hidden}, ones}, tensor{"output.weight", []int{m.Hidden, vocabulary}, logits})
}

func (t tensor) elements() int {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return n
}

// bytes returns the size of the data of the tensor.
func (t tensor) bytes() int {
	if t.kind == ones {
		return 4 * t.elements()
	}
	return 2 * t.elements()
}

// Types of values and tensors, as the format numbers them.
const (
	typeU32, typeI32, typeF32, typeBool, typeString, typeArray = 4, 5, 6, 7, 8, 9
	tensorF32, tensorF16                                       = 0, 1
)

const alignment = 32

// Write writes the model.
func (m Model) Write(out io.Writer) error {
	if err := m.validate(); err != nil {
		return err
	}
	w := &writer{w: bufio.NewWriterSize(out, 1<<20)}
	meta, tensors := m.metadata(), m.tensors()
	w.raw([]byte("GGUF"))
	w.u32(3)
	w.u64(uint64(len(tensors)))
	w.u64(uint64(len(meta)))
	for _, e := range meta {
		w.text(e.key)
		w.value(e.value)
	}
	offset := 0
	for _, t := range tensors {
		w.text(t.name)
		w.u32(uint32(len(t.dims)))
		for _, d := range t.dims {
			w.u64(uint64(d))
		}
		if t.kind == ones {
			w.u32(tensorF32)
		} else {
			w.u32(tensorF16)
		}
		w.u64(uint64(offset))
		offset += (t.bytes() + alignment - 1) / alignment * alignment
	}
	random := rand.New(rand.NewPCG(m.Seed, 0x67677566))
	for _, t := range tensors {
		w.align()
		w.tensor(t, random)
	}
	w.align()
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// A writer writes little-endian values and keeps the first error.
type writer struct {
	w       *bufio.Writer
	written int
	scratch [8]byte
	err     error
}

func (w *writer) raw(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
	w.written += len(b)
}

func (w *writer) u32(v uint32) { w.raw(binary.LittleEndian.AppendUint32(w.scratch[:0], v)) }
func (w *writer) u64(v uint64) { w.raw(binary.LittleEndian.AppendUint64(w.scratch[:0], v)) }

func (w *writer) text(s string) {
	w.u64(uint64(len(s)))
	w.raw([]byte(s))
}

func (w *writer) align() {
	for w.written%alignment != 0 {
		w.raw([]byte{0})
	}
}

// value writes the type of a value and the value.
func (w *writer) value(v any) {
	switch v := v.(type) {
	case int:
		w.u32(typeU32)
		w.u32(uint32(v))
	case float32:
		w.u32(typeF32)
		w.u32(math.Float32bits(v))
	case bool:
		w.u32(typeBool)
		w.raw([]byte{map[bool]byte{true: 1}[v]})
	case string:
		w.u32(typeString)
		w.text(v)
	case []string:
		w.array(typeString, len(v))
		for _, s := range v {
			w.text(s)
		}
	case []float32:
		w.array(typeF32, len(v))
		for _, f := range v {
			w.u32(math.Float32bits(f))
		}
	case []int32:
		w.array(typeI32, len(v))
		for _, n := range v {
			w.u32(uint32(n))
		}
	default:
		panic(fmt.Sprintf("gguf: a value of type %T", v))
	}
}

func (w *writer) array(of uint32, n int) {
	w.u32(typeArray)
	w.u32(of)
	w.u64(uint64(n))
}

// tensor writes the data of a tensor. Weights have a random sign and are evenly spread
// between a power of two and the next, so that their deviation is about the one that
// keeps activations near 1, and that of the logits at 2.5.
func (w *writer) tensor(t tensor, random *rand.Rand) {
	if t.kind == ones {
		for range t.elements() {
			w.u32(math.Float32bits(1))
		}
		return
	}
	deviation := 1 / math.Sqrt(float64(t.dims[0]))
	zero := 0
	if t.kind == logits {
		deviation *= 2.5
		zero = specialTokens * t.dims[0]
	}
	const evenly = 1.5275 // deviation of ±[1, 2)
	exponent := uint64(math.Ilogb(deviation/evenly)+15) << 10
	exponents := exponent | exponent<<16 | exponent<<32 | exponent<<48
	for i := 0; i < t.elements(); i += 4 {
		if i < zero {
			w.u64(0)
		} else {
			w.u64(random.Uint64()&0x83ff83ff83ff83ff | exponents)
		}
	}
}
