package live

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// events returns the data of the events of a stream.
func events(r io.Reader, most int) (all []string, err error) {
	s := &stream{clock: func() time.Duration { return 0 }, most: most}
	err = s.read(r)
	for _, a := range s.events() {
		all = append(all, string(s.data[a.start:a.end]))
	}
	return all, err
}

// FuzzStream checks that events do not depend on how a stream is cut into reads,
// and that nothing more than the limit is held.
func FuzzStream(f *testing.F) {
	for _, s := range []string{"", "data: a\n\n", "data:a\r\ndata: b\r\n\r\n: c\n\ndata: [DONE]\n\n", "\n\n\n", "data", "data: \n\n", "id: 1\ndata: x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const most = 1 << 10
		whole, wholeErr := events(bytes.NewReader(text), most)
		bytewise, err := events(iotest.OneByteReader(bytes.NewReader(text)), most)
		if diff := cmp.Diff(whole, bytewise); diff != "" || (wholeErr == nil) != (err == nil) {
			t.Fatalf("read at once and byte by byte differ: %s\n%v, %v", diff, wholeErr, err)
		}
		held := 0
		for _, e := range whole {
			held += len(e)
			var r reply
			r.add(0, []byte(e))
		}
		if held > 2*most {
			t.Fatalf("%d bytes are held (the limit is %d)", held, most)
		}
	})
}

func TestLongLinesAreReadUpToTheLimit(t *testing.T) {
	text := "data: " + strings.Repeat("x", 100000) + "\n\n"
	if all, err := events(strings.NewReader(text), 1<<20); err != io.EOF || len(all) != 1 || len(all[0]) != 100000 {
		t.Errorf("%d events, %v", len(all), err)
	}
	if _, err := events(strings.NewReader(text), 1000); err != errLongStream {
		t.Errorf("%v (want %v)", err, errLongStream)
	}
	if _, err := events(strings.NewReader(": "+strings.Repeat("x", 2*longestEventLine)), 1<<30); err != errLongLine {
		t.Errorf("%v (want %v)", err, errLongLine)
	}
}

// Whatever a server counts, the tokens of the chunks add up to what it says, if that
// is believable, and else to the number of chunks.
func TestTokensOfChunksAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r reply
		counted, inEvents := 0, rapid.Bool().Draw(t, "in events")
		for range rapid.IntRange(1, 20).Draw(t, "chunks") {
			r.chunks = append(r.chunks, Chunk{Bytes: rapid.IntRange(1, 9).Draw(t, "bytes")})
			counted += rapid.IntRange(1, 3).Draw(t, "tokens")
			if inEvents {
				r.counted = append(r.counted, counted)
			} else {
				r.counted = append(r.counted, 0)
			}
		}
		asked := rapid.IntRange(1, 40).Draw(t, "asked")
		n := rapid.OneOf(rapid.Just(counted), rapid.IntRange(-2, 60)).Draw(t, "completion tokens")
		r.usage = &Usage{CompletionTokens: n}
		rule := r.tokens(asked)
		want := n
		if n <= 0 || n > max(asked, len(r.chunks)) {
			want = len(r.chunks)
		}
		sum := 0
		for _, c := range r.chunks {
			if c.Tokens < 0 {
				t.Fatalf("%+v has fewer than no tokens", c)
			}
			sum += c.Tokens
		}
		if sum != want || r.chunks[0].Tokens < 1 {
			t.Fatalf("%d tokens by rule %q, %d at first (want %d, and the first chunk to have one)", sum, rule, r.chunks[0].Tokens, want)
		}
	})
}

// piecewise gives a text in pieces of a length.
type piecewise struct {
	text  string
	piece int
}

func (p *piecewise) Read(b []byte) (int, error) {
	n := copy(b[:min(p.piece, len(b))], p.text)
	p.text = p.text[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// BenchmarkStream reads replies of 200 events that come one by one, which it does not
// decode; an operation is an event.
func BenchmarkStream(b *testing.B) {
	const perReply = 200
	text := strings.Repeat("data: "+commonEvents[0]+"\n\n", perReply)
	start := time.Now()
	b.ReportAllocs()
	for n := 0; n < b.N; n += perReply {
		s := &stream{clock: func() time.Duration { return time.Since(start) }, most: 1 << 20}
		if err := s.read(&piecewise{text, len(text) / perReply}); err != io.EOF || len(s.events()) != perReply {
			b.Fatal(len(s.events()), err)
		}
		s.release()
	}
}
