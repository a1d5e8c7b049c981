package workloads

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fuzzReader reads lines below a header, as they are and damaged: the reader
// yields sound rows and then ends, with or without an error of one line.
func fuzzReader(f *testing.F, sample, header string) {
	f.Add(strings.TrimPrefix(samples[sample], header), false)
	f.Add("\n", true)
	f.Fuzz(func(t *testing.T, body string, skipZero bool) {
		reader, err := newReader("f", strings.NewReader(header+body))
		if err != nil {
			checkFault(t, err)
			return
		}
		reader.skipZero = skipZero
		var r row
		for reader.next(&r) {
			if r.prompt < 1 || r.prompt > MostTokens || r.output < 1 || r.output > MostTokens || r.at < 0 || r.at > 2*longestSpan {
				t.Fatalf("row %+v of %q", r, body)
			}
		}
		if reader.err() != nil {
			checkFault(t, reader.err())
		}
	})
}

func checkFault(t *testing.T, err error) {
	if text := err.Error(); !strings.HasPrefix(text, "f:") || strings.Contains(text, "\n") {
		t.Fatalf("error %q (must be one line that starts with the place)", text)
	}
}

func headerOf(sample string) string { return strings.SplitAfter(samples[sample], "\n")[0] }

func FuzzAzure(f *testing.F)    { fuzzReader(f, "azure-2024", headerOf("azure-2024")) }
func FuzzVidur(f *testing.F)    { fuzzReader(f, "vidur", headerOf("vidur")) }
func FuzzBurstGPT(f *testing.F) { fuzzReader(f, "burstgpt-eight", headerOf("burstgpt-eight")) }
func FuzzNative(f *testing.F)   { fuzzReader(f, "metronome", headerOf("metronome")) }
func FuzzMooncake(f *testing.F) { fuzzReader(f, "mooncake", "") }

// FuzzTrace opens files of any kind, and plays what it accepts.
func FuzzTrace(f *testing.F) {
	for _, text := range samples {
		f.Add(text, 1.0, false)
		f.Add(zipped(text), 0.0, true)
		f.Add(text, 1e-310, false)
	}
	path := filepath.Join(f.TempDir(), "f")
	f.Fuzz(func(t *testing.T, text string, rate float64, resample bool) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s := Spec{Trace: path, Resample: resample, Duration: ptr(time.Hour), Requests: ptr(3)}
		if rate != 0 {
			s.Arrivals.Rate = &rate
		}
		w, err := Open(s, Options{})
		if err != nil {
			return
		}
		last := time.Duration(0)
		for _, r := range draw(t, w) {
			if r.Arrival < last || r.Arrival >= time.Hour {
				t.Fatalf("arrival at %v after %v", r.Arrival, last)
			}
			last = r.Arrival
		}
	})
}
