package gguf

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"
)

// A file reads back to the last byte: a header, the tensors one after another where it
// says, weights of the deviation that keeps activations near 1.
func TestModelIsWhatItsHeaderSays(t *testing.T) {
	m := Model{Hidden: 64, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 16, FFN: 96, Context: 512, Seed: 7}
	var b, again bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatal("the same seed gives another file", err)
	}
	r := &reader{t: t, b: b.Bytes()}
	if string(r.take(4)) != "GGUF" || r.u32() != 3 {
		t.Fatal("no GGUF of version 3")
	}
	tensors, keys := r.u64(), r.u64()
	for range keys {
		r.take(int(r.u64()))
		r.value(r.u32())
	}
	type place struct {
		name          string
		size, of, row int
	}
	var places []place
	for range tensors {
		p := place{name: string(r.take(int(r.u64()))), size: 1}
		for i := range r.u32() {
			n := int(r.u64())
			p.size *= n
			if i == 0 {
				p.row = n
			}
		}
		if r.u32() == tensorF32 {
			p.row = 0
			p.size *= 4
		} else {
			p.size *= 2
		}
		p.of = int(r.u64())
		places = append(places, p)
	}
	data := b.Bytes()[(len(b.Bytes())-len(r.b)+alignment-1)/alignment*alignment:]
	end := 0
	for _, p := range places {
		if p.of < end || p.of-end >= alignment || p.of+p.size > len(data) {
			t.Fatalf("%s lies at %d to %d, after %d, of %d", p.name, p.of, p.of+p.size, end, len(data))
		}
		end = p.of + p.size
		if p.row > 0 && p.name != "output.weight" {
			if d := deviation(data[p.of:end]) * math.Sqrt(float64(p.row)); d < 0.5 || d > 1.01 {
				t.Errorf("%s: deviation %.2f/√%d", p.name, d, p.row)
			}
		}
	}
	if len(data)-end >= alignment {
		t.Errorf("%d bytes are left over", len(data)-end)
	}
}

// deviation returns the standard deviation of half-precision numbers.
func deviation(b []byte) float64 {
	sum := 0.0
	for i := 0; i < len(b); i += 2 {
		h := binary.LittleEndian.Uint16(b[i:])
		x := math.Ldexp(1+float64(h&0x3ff)/1024, int(h>>10&31)-15)
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(b)/2))
}

type reader struct {
	t *testing.T
	b []byte
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.t.Fatalf("%d bytes of %d", n, len(r.b))
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *reader) value(kind uint32) {
	switch kind {
	case typeU32, typeI32, typeF32:
		r.take(4)
	case typeBool:
		r.take(1)
	case typeString:
		r.take(int(r.u64()))
	case typeArray:
		of := r.u32()
		for range r.u64() {
			r.value(of)
		}
	default:
		r.t.Fatalf("type %d", kind)
	}
}

func TestVocabularyIsWhole(t *testing.T) {
	v := newTokens()
	if len(v.texts) != vocabulary || len(v.scores) != vocabulary || len(v.kinds) != vocabulary {
		t.Errorf("%d tokens, %d scores, %d kinds", len(v.texts), len(v.scores), len(v.kinds))
	}
	for _, word := range []string{"the", "zzz", "a"} {
		if !v.seen[blank+word] {
			t.Errorf("%q is no token", word)
		}
	}
}

func TestImpossibleModelsAreRefused(t *testing.T) {
	for _, change := range []func(*Model){
		func(m *Model) { m.Hidden = 0 }, func(m *Model) { m.Hidden = 33 }, func(m *Model) { m.KVHeads = 3 }, func(m *Model) { m.Layers = 1 << 30 },
	} {
		m := Small()
		change(&m)
		if err := m.Write(io.Discard); err == nil {
			t.Errorf("%+v was written", m)
		}
	}
}
