package workloads

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// benchmarkSource reports the cost of a request.
func benchmarkSource(b *testing.B, s Spec) {
	s.Requests = ptr(math.MaxInt32)
	w, err := Open(s, Options{Profiles: os.DirFS("../profiles")})
	if err != nil {
		b.Fatal(err)
	}
	source, err := w.Source()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		source.Next()
	}
}

func BenchmarkArrivals(b *testing.B) {
	for _, p := range processes.sorted() {
		if p.New != nil {
			b.Run(p.Name, func(b *testing.B) {
				s := lengths(1, 1)
				s.Arrivals = ArrivalSpec{Process: p.Name, Rate: ptr(100.0)}
				benchmarkSource(b, s)
			})
		}
	}
}

func BenchmarkLengths(b *testing.B) {
	for _, l := range []LengthSpec{
		{Distribution: "fixed", Value: ptr(17)},
		{Distribution: "uniform", Min: ptr(10), Max: ptr(20)},
		{Distribution: "normal", Mean: ptr(1000.0), SD: ptr(50.0)},
		{Distribution: "lognormal", Mean: ptr(1000.0)},
		{Distribution: "zipf", Exponent: ptr(1.5), Max: ptr(1000)},
		{Distribution: "empirical", Quantiles: []int{100, 200, 1000}},
	} {
		b.Run(l.Distribution, func(b *testing.B) {
			benchmarkSource(b, Spec{Prompt: l, Output: l, Arrivals: ArrivalSpec{Rate: ptr(100.0)}})
		})
	}
}

func BenchmarkEmbedded(b *testing.B) {
	benchmarkSource(b, Spec{Arrivals: ArrivalSpec{Rate: ptr(100.0)}})
}

// BenchmarkReaders reports the cost of a row.
func BenchmarkReaders(b *testing.B) {
	for _, f := range []struct{ name, header, row string }{
		{"azure", headerOf("azure-2023"), "2023-11-16 18:17:03.9799600,4808,10\n"},
		{"vidur", headerOf("vidur"), "1.25,4808,10,4818,480.8\n"},
		{"burstgpt", headerOf("burstgpt-six"), "5,ChatGPT,4808,10,4818,Conversation log\n"},
		{"metronome", headerOf("metronome"), "17.250000,4808,10\n"},
		{"mooncake", "", `{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]}` + "\n"},
	} {
		for name, form := range map[string]func(string) string{"plain": strings.Clone, "gzip": zipped} {
			b.Run(fmt.Sprintf("%s/%s", f.name, name), func(b *testing.B) {
				text := form(f.header + strings.Repeat(f.row, b.N))
				reader, err := newReader("b", strings.NewReader(text))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				rows := 0
				var r row
				for ; reader.next(&r); rows++ {
				}
				if rows != b.N {
					b.Fatal(rows, reader.err())
				}
			})
		}
	}
}
