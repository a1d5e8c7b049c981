package metrics

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScoringAFileRepeatsTheRun writes what a set has scored, in the order in
// which requests end, and scores the file.
func TestScoringAFileRepeatsTheRun(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for trial := range 20 {
		options := Options{SLO: DefaultSLO(), Requests: 200, Reference: "a lone gpu"}
		options.SLO.Fluidity = Ratio{1 + int64(trial%9), 10}
		options.Warmup = time.Duration(trial) * time.Second
		if trial%2 == 0 {
			options.Tenants = announced(rng)
		}
		var file bytes.Buffer
		zip := gzip.NewWriter(&file)
		set, writer := New(options), NewTokenWriter(zip, NewTokenHeader(options, 7))
		events := randomEvents(rng, 200)
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for _, e := range events {
			e.tell(set)
			e.tell(writer)
		}
		if err := errors.Join(writer.Close(), zip.Close()); err != nil {
			t.Fatal(err)
		}
		scored := scoreFile(t, &file, options.Requests)
		for _, group := range []string{"requests", "fluidity", "qoe", "slo", "tenants"} {
			if diff := cmp.Diff(rowsOf(set, group), rowsOf(scored, group)); diff != "" {
				t.Fatalf("run (-) and file (+):\n%s", diff)
			}
		}
	}
}

func scoreFile(t *testing.T, file io.Reader, requests int) *Set {
	t.Helper()
	r, err := NewTokenReader("tokens.jsonl.gz", file)
	if err != nil {
		t.Fatal(err)
	}
	options := r.Header.Options()
	options.Requests = requests
	set := New(options)
	for id := 0; ; id++ {
		c, err := r.Next()
		if err == io.EOF {
			return set
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Request.ID != id {
			t.Fatalf("request %d in place %d", c.Request.ID, id)
		}
		set.Finished(c)
	}
}

// rowsOf returns the rows of a group but the one that pools gaps of iterations,
// which are drawn apart from requests here.
func rowsOf(s *Set, group string) (text []string) {
	for _, line := range literals(s.Report().Rows) {
		if strings.HasPrefix(line, group+".") && !strings.Contains(line, "tail_tbt") {
			text = append(text, line)
		}
	}
	return text
}

func TestTokenWriterReportsTheFirstError(t *testing.T) {
	full := errors.New("disk full")
	w := NewTokenWriter(brokenWriter{full}, NewTokenHeader(Options{SLO: DefaultSLO()}, 1))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		w.Finished(servedReply(rng, 200))
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("closed with %v", err)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

const goodHeader = `{"format":"metronome-tokens","schema":1,"slo":{"ttft_slack_ns":0,"tbt_ns":25,"fluidity":"0.9","attainment":"0.99","index":"reset"},"reference":{},"seed":1}` + "\n"

func TestBadTokenFilesAreNamed(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"", "f: empty"},
		{"hello\n", "f:1: no header"},
		{`{"format":"other","schema":1}`, `f:1: format "other", schema 1 (must be "metronome-tokens", 1)`},
		{strings.Replace(goodHeader, `"tbt_ns":25`, `"tbt_ns":0`, 1), "f:1: slo.tbt: 0s (must be above 0)"},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[1],"colour":3}`, `f:2: json: unknown field "colour"`},
		{goodHeader + `{"id":0,"status":"done","gaps_ns":[1]}`, `f:2: status: "done" (must be finished, rejected, failed or shed)`},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[]}`, "f:2: finished without gaps_ns"},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[1,-2]}`, "f:2: gaps_ns[1]: -2"},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[9e18]}`, "f:2: gaps_ns[0]: 9e18 (must be an integer"},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[4611686018427387904]}`, "f:2: gaps_ns[0]"},
		{goodHeader + `{"id":-1,"status":"finished","gaps_ns":[1]}`, "f:2: id -1"},
		{goodHeader + `{"id":0,"status":"finished","gaps_ns":[1]} {}`, "f:2: more than one object"},
		{goodHeader + `{"id":0,"status":"rejected","gaps_ns":[]}` + "\n{\"id\":1,", "f:3: unexpected EOF"},
		{goodHeader + "\n", "f:2: empty line"},
		{"\x1f\x8bx", "f: "},
	} {
		err := readAll(strings.NewReader(test.file))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", test.file, err, test.want)
		}
	}
	for _, good := range []string{
		goodHeader,
		"\ufeff" + goodHeader + `{"id":0,"status":"finished","gaps_ns":[1]}`,
		strings.ReplaceAll(goodHeader+`{"id":0,"status":"shed"}`+"\n", "\n", "\r\n"),
	} {
		if err := readAll(strings.NewReader(good)); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func readAll(r io.Reader) error {
	reader, err := NewTokenReader("f", r)
	for err == nil {
		_, err = reader.Next()
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func FuzzTokenReader(f *testing.F) {
	f.Add([]byte(goodHeader + `{"id":0,"tenant":"a","arrival_ns":5,"prompt_tokens":3,"status":"finished","preemptions":0,"d_p_ns":9,"gaps_ns":[4,2,0,30]}`))
	f.Add([]byte(goodHeader + `{"id":0,"status":"failed","gaps_ns":[4,2]}` + "\n" + `{"id":3,"status":"rejected"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewTokenReader("f", bytes.NewReader(file))
		if err != nil {
			return
		}
		set := New(r.Header.Options())
		for {
			c, err := r.Next()
			if err != nil {
				break
			}
			set.Finished(c)
		}
		if !json.Valid(set.Report().JSON()) {
			t.Error("the report is not JSON")
		}
	})
}

func BenchmarkTokenFile(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	c := servedReply(rng, 211)
	b.Run("write", func(b *testing.B) {
		w := NewTokenWriter(io.Discard, NewTokenHeader(Options{SLO: DefaultSLO()}, 1))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Request.ID = i
			w.Finished(c)
		}
	})
	b.Run("read", func(b *testing.B) {
		var file bytes.Buffer
		w := NewTokenWriter(&file, NewTokenHeader(Options{SLO: DefaultSLO()}, 1))
		for i := range 1000 {
			c.Request.ID = i
			w.Finished(c)
		}
		w.Close()
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			if err := readAll(bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
	})
}
