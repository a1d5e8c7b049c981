package live

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var written = []*Exchange{
	{
		ID: 0, Scheduled: 5, Due: 5, Sent: 6, Ended: 900, AskedPrompt: 7, AskedOutput: 3, PromptTokens: 8, Counted: true, Rule: ruleSpread,
		Chunks: []Chunk{{At: 10, Bytes: 2, Channel: Reasoning, Tokens: 1}, {At: 20, Bytes: 9, Channel: Text, Tokens: 2}},
	},
	{ID: 1, Tenant: "a", Scheduled: 15, Due: 15, Sent: 16, Ended: 17, AskedPrompt: 7, AskedOutput: 3, PromptTokens: 7, Failure: "HTTP 503", Note: "busy", Rule: ruleNone},
}

func record(t testing.TB) []byte {
	var b bytes.Buffer
	w := NewRecordWriter(&b, RecordHeader{Model: "m", Seed: 3})
	for _, x := range written {
		w.Add(x)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExchangesAreReadAsWritten(t *testing.T) {
	h, all, err := ReadRecord("x", bytes.NewReader(record(t)))
	if err != nil || h.Model != "m" || h.Seed != 3 {
		t.Fatalf("%+v, %v", h, err)
	}
	if diff := cmp.Diff(written, all, cmpopts.IgnoreUnexported(Exchange{})); diff != "" {
		t.Error(diff)
	}
	c := all[0].Completion(nil)
	if c.Tokens() != 3 || c.First() != 10 || c.Last() != 20 || c.LongestGap != 10 {
		t.Errorf("%+v: a chunk of two tokens is a gap and none", c)
	}
	if at, ok := all[0].FirstVisible(); !ok || at != 20 {
		t.Errorf("the first visible token is at %d, %v", at, ok)
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add(record(f))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"format":"metronome-exchanges","schema":1}` + "\n" + `{"chunks":[{"at_ns":5,"tokens":99999999999}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, all, err := ReadRecord("x", bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, x := range all {
			if c := x.Completion(nil); c.LongestGap < 0 || c.Tokens() > mostTokens {
				t.Fatalf("%+v", c)
			}
		}
	})
}

func TestTraceIsWhatWasSent(t *testing.T) {
	for want, all := range map[string][]*Exchange{
		"arrival_s,prompt_tokens,output_tokens\n0.000000005,8,3\n":                            {written[0]},
		"arrival_s,prompt_tokens,output_tokens,tenant\n0.000000005,8,3,\n0.000000015,7,3,a\n": {written[1], written[0]},
	} {
		var b strings.Builder
		w := NewTraceWriter(&b)
		for _, x := range all {
			w.Add(x)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s(want %s)", b.String(), want)
		}
	}
}

func TestServersAreReadByAnyOfTheirNames(t *testing.T) {
	g, err := readGauges(strings.NewReader(`# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3
vllm:num_requests_running{engine="1",model_name="m"} 4
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0"} 0.25
vllm:kv_cache_usage_perc{engine="1"} 0.5
# TYPE vllm:num_preemptions_total counter
vllm:num_preemptions_total{engine="0"} 9
`))
	if err != nil || g.Running != 7 || g.KVShare != 0.5 || g.Preemptions != 9 || !math.IsNaN(g.Waiting) {
		t.Errorf("%+v, %v", g, err)
	}
	for _, text := range []string{"", "go_goroutines 5\n", "}{", strings.Repeat("a", 1000)} {
		if g, err := readGauges(strings.NewReader(text)); err == nil {
			t.Errorf("%.20q: %+v", text, g)
		}
	}
}
