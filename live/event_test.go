package live

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Events as servers write them.
var commonEvents = []string{
	`{"id":"cmpl-7","object":"text_completion","created":1764432000,"model":"m","choices":[{"index":0,"text":" tick","logprobs":null,"finish_reason":null,"stop_reason":null}]}`,
	`{"id":"chatcmpl-7","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"größer"},"logprobs":null,"finish_reason":"length"}],"usage":null}`,
	`{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null,"tool_calls":[]},"finish_reason":null}]}`,
	`{"id":"x","choices":[{"index":0,"delta":{"reasoning":"hm"},"finish_reason":null}], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": -1.5e2}}}`,
	`{"id":"x","choices":[],"usage":{"prompt_tokens":16,"total_tokens":20,"completion_tokens":4}}`,
	`{"metronome_written_ns":1764432000123456789,"error":null,"choices":[{"text":"a"},{"text":"b"}]}`,
}

// Events that only encoding/json may read.
var rareEvents = []string{
	``, ` `, `null`, `[]`, `{`, `{}x`, `{"choices":null}`, `{"Choices":[{"text":"a"}]}`, `{"choices":[{"text":"a","text":"b"}]}`, `{"choices":[{"text":"\n"}]}`,
	"{\"choices\":[{\"text\":\"\xff\"}]}", `{"choices":[null]}`, `{"choices":[{"delta":null}]}`, `{"error":"x"}`, `{"choices":[{"delta":{"tool_calls":[{"id":1}]}}]}`,
	`{"usage":{"prompt_tokens":1e3}}`, `{"usage":{"prompt_tokens":1e999}}`, `{"usage":{"prompt_tokens":99999999999999999999}}`, `{"a":01}`, `{"a":1,}`, `{"a":tru}`,
	`{"metronome_written_ns":-5}`, `{"choiceſ":[]}`, `{"usage":{},"usage":null}`, `{"choices":[{"text":7}]}`,
}

// FuzzEvent holds the scanner to encoding/json: what it reads, both read alike.
func FuzzEvent(f *testing.F) {
	for _, text := range append(append([]string(nil), commonEvents...), rareEvents...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var quick, slow event
		if !scan(data, &quick) {
			return
		}
		if err := slow.decode(data); err != nil {
			t.Fatalf("%q: the scanner reads what encoding/json does not: %v", data, err)
		}
		if diff := cmp.Diff(slow, quick, cmp.AllowUnexported(event{}, piece{})); diff != "" {
			t.Fatalf("%q: encoding/json and the scanner differ: %s", data, diff)
		}
	})
}

// The scanner is for what is common, and keeps its hands off what is not.
func TestCommonEventsAreScanned(t *testing.T) {
	for _, text := range commonEvents {
		if !scan([]byte(text), new(event)) {
			t.Errorf("%s: not scanned", text)
		}
	}
	for _, text := range rareEvents {
		if scan([]byte(text), new(event)) {
			t.Errorf("%s: scanned", text)
		}
	}
	e, text := new(event), []byte(commonEvents[0])
	e.read(text)
	if n := testing.AllocsPerRun(100, func() { e.read(text) }); n != 0 {
		t.Errorf("%v allocations for an event", n)
	}
}

func BenchmarkEvent(b *testing.B) {
	text, e := []byte(commonEvents[0]), new(event)
	for name, read := range map[string]func([]byte) error{"read": e.read, "encoding/json": e.decode} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(text); err != nil {
					b.Fatal(err)
				}
				e.choices = e.choices[:0]
			}
		})
	}
}
