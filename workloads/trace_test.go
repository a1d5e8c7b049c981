package workloads

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// file writes a trace and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

// samples hold the same three requests, at 0, 0.5 and 2 s, in every format.
var samples = map[string]string{
	"azure-2023":     "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.4799600,3180,8\n2023-11-16 18:17:05.9799600,110,27\n",
	"azure-2024":     "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,4808,10\n2024-05-10 00:00:00.509930+00:00,3180,8\n2024-05-10 00:00:02.009930+00:00,110,27\n",
	"vidur":          "arrived_at,num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n1.25,4808,10,4818,480.8\n1.75,3180,8,3188,397.5\n3.25,110,27,137,4.07\n",
	"mooncake":       `{"timestamp": 1000, "input_length": 4808, "output_length": 10, "hash_ids": [0, 1]}` + "\n" + `{"timestamp": 1500, "input_length": 3180, "output_length": 8, "hash_ids": []}` + "\n" + `{"timestamp": 3000, "input_length": 110, "output_length": 27}` + "\n",
	"burstgpt-six":   "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,4808,10,4818,Conversation log\n5.5,GPT-4,3180,8,3188,API log\n7,ChatGPT,110,27,137,API log\n",
	"burstgpt-eight": "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,a,1.5,ChatGPT,4808,10,4818,Conversation log\n5.5,b,2,GPT-4,3180,8,3188,API log\n7,a,3,ChatGPT,110,27,137,API log\n",
	"metronome":      "arrival_s,prompt_tokens,output_tokens\n0.000000,4808,10\n0.5,3180,8\n2e0,110,27\n",
}

var sampled = []Request{
	{ID: 0, Arrival: 0, PromptTokens: 4808, OutputTokens: 10},
	{ID: 1, Arrival: 500 * time.Millisecond, PromptTokens: 3180, OutputTokens: 8},
	{ID: 2, Arrival: 2 * time.Second, PromptTokens: 110, OutputTokens: 27},
}

func TestFormatsReadTheSameRequestsHoweverTheFileIsWritten(t *testing.T) {
	tried := map[string]bool{}
	for name, text := range samples {
		format, err := detect(strings.SplitN(text, "\n", 2)[0])
		if err != nil {
			t.Fatal(err)
		}
		tried[format.Name] = true
		for form, text := range map[string]string{
			"plain": text, "gzipped": zipped(text),
			"with CRLF":             strings.ReplaceAll(text, "\n", "\r\n"),
			"with a BOM":            "\xef\xbb\xbf" + text,
			"without a final end":   strings.TrimSuffix(text, "\n"),
			"with blank last lines": text + "\n \r\n\n",
		} {
			got := draw(t, open(t, Spec{Trace: file(t, "trace", text)}, Options{}))
			for i := range got {
				got[i].Prefix = nil // only some formats tell it
			}
			if !reflect.DeepEqual(got, sampled) {
				t.Errorf("%s %s: %+v", name, form, got)
			}
		}
	}
	for _, f := range formats.sorted() {
		if !tried[f.Name] {
			t.Errorf("%s has no sample here", f.Name)
		}
	}
}

func TestTenantAndClassAreRead(t *testing.T) {
	path := file(t, "t.csv", "arrival_s,prompt_tokens,output_tokens,class,tenant\n0,1,2,chat,a\n1,3,4,code,b\n")
	got := draw(t, open(t, Spec{Trace: path}, Options{}))
	want := []Request{
		{PromptTokens: 1, OutputTokens: 2, Class: "chat", Tenant: "a"},
		{ID: 1, Arrival: time.Second, PromptTokens: 3, OutputTokens: 4, Class: "code", Tenant: "b"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestRelativePathsStartFromTheFolder(t *testing.T) {
	path := file(t, "t.csv", samples["metronome"])
	w := open(t, Spec{Trace: "t.csv"}, Options{Folder: filepath.Dir(path)})
	if s, err := w.Survey(); err != nil || s.TraceFile != path || len(s.SHA256) != 64 {
		t.Errorf("survey %+v, error %v", s, err)
	}
}

func TestRowsOutOfOrderAreSortedOrRefused(t *testing.T) {
	path := file(t, "t.csv", "arrival_s,prompt_tokens,output_tokens\n5,1,1\n3,2,2\n4,3,3\n3,4,4\n")
	var warnings []string
	w := open(t, Spec{Trace: path}, Options{Warn: func(s string) { warnings = append(warnings, s) }})
	var order []int
	for _, r := range draw(t, w) {
		order = append(order, r.PromptTokens)
	}
	if !slices.Equal(order, []int{2, 4, 3, 1}) {
		t.Errorf("order %v", order)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "t.csv:3: ") {
		t.Errorf("warnings %q, want one that names line 3", warnings)
	}
	if _, err := Open(Spec{Trace: path, Strict: true}, Options{}); err == nil || !strings.Contains(err.Error(), "t.csv:3: ") {
		t.Errorf("strict: %v", err)
	}
}

func TestZeroLengthsAreSkippedWhenAsked(t *testing.T) {
	path := file(t, "t.csv", "arrival_s,prompt_tokens,output_tokens\n0,0,5\n1,2,2\n2,3,0\n3,4,4\n")
	var warnings []string
	w := open(t, Spec{Trace: path, Zero: "skip"}, Options{Warn: func(s string) { warnings = append(warnings, s) }})
	s, err := w.Survey()
	if err != nil || s.Requests != 2 || s.Skipped != 2 || s.Span != 2*time.Second {
		t.Errorf("survey %+v, error %v", s, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "2 rows") {
		t.Errorf("warnings %q", warnings)
	}
}

// ten rows, ten seconds apart.
func tenRows(t *testing.T) string {
	var b strings.Builder
	b.WriteString("arrival_s,prompt_tokens,output_tokens\n")
	for i := range 10 {
		fmt.Fprintf(&b, "%d,%d,%d\n", 100+10*i, i+1, i+11)
	}
	return file(t, "ten.csv", b.String())
}

func arrivals(all []Request) []time.Duration {
	var at []time.Duration
	for _, r := range all {
		at = append(at, r.Arrival)
	}
	return at
}

func TestWindowAndTimeScaleApplyToRecordedTimes(t *testing.T) {
	s := Spec{Trace: tenRows(t), Window: []time.Duration{15 * time.Second, 50 * time.Second}, TimeScale: ptr(0.5)}
	all := draw(t, open(t, s, Options{}))
	if want := []time.Duration{0, 5 * time.Second, 10 * time.Second}; !slices.Equal(arrivals(all), want) || all[0].PromptTokens != 3 {
		t.Errorf("%+v, want rows 3 to 5 at %v", all, want)
	}
	s.Duration = ptr(10 * time.Second)
	if n := len(draw(t, open(t, s, Options{}))); n != 2 {
		t.Errorf("%d requests before the end, want 2", n)
	}
}

func TestRateScalesWhatIsPlayedToTheMeanRate(t *testing.T) {
	path := file(t, "t.csv", "arrival_s,prompt_tokens,output_tokens\n0,1,1\n1,1,1\n4,1,1\n9,1,1\n100,1,1\n")
	s := Spec{Trace: path, Requests: ptr(4), Arrivals: ArrivalSpec{Rate: ptr(3.0)}}
	want := []time.Duration{0, 111111111, 444444444, time.Second}
	if got := arrivals(draw(t, open(t, s, Options{}))); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestProcessReplacesRecordedArrivalsOnly(t *testing.T) {
	s := Spec{Trace: tenRows(t), Arrivals: ArrivalSpec{Process: "constant"}}
	for i, r := range draw(t, open(t, s, Options{})) {
		want := Request{ID: i, Arrival: bounded(float64(i) / 6 * 1e9), PromptTokens: i + 1, OutputTokens: i + 11}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
}

func TestDistributionReplacesRecordedLengthsOnly(t *testing.T) {
	s := Spec{Trace: tenRows(t), Prompt: LengthSpec{Distribution: "fixed", Value: ptr(77)}, Output: LengthSpec{Distribution: "trace"}}
	for i, r := range draw(t, open(t, s, Options{})) {
		if r.PromptTokens != 77 || r.OutputTokens != i+11 || r.Arrival != time.Duration(i)*10*time.Second {
			t.Errorf("%+v", r)
		}
	}
}

func TestResamplingContinuesArrivalsWithRowsOfTheTrace(t *testing.T) {
	s := Spec{Trace: tenRows(t), Resample: true, Requests: ptr(1000)}
	all := draw(t, open(t, s, Options{Seed: 1}))
	seen := map[int]int{}
	for i, r := range all {
		if r.Arrival != time.Duration(i)*10*time.Second || r.OutputTokens != r.PromptTokens+10 {
			t.Fatalf("%+v is not a row, or not in time", r)
		}
		seen[r.PromptTokens]++
	}
	for prompt, n := range seen {
		if math.Abs(float64(n)-100) > 50 {
			t.Errorf("row %d drawn %d times of 1000", prompt, n)
		}
	}
	if other := draw(t, open(t, s, Options{Seed: 2})); len(all) != 1000 || reflect.DeepEqual(all, other) {
		t.Errorf("%d requests, the same for another seed", len(all))
	}
}

func TestResamplingKeepsTheRateAskedFor(t *testing.T) {
	s := Spec{Trace: tenRows(t), Resample: true, Duration: ptr(100 * time.Second), Arrivals: ArrivalSpec{Rate: ptr(5.0)}}
	if n := len(draw(t, open(t, s, Options{}))); n != 500 {
		t.Errorf("%d requests in 100 s at 5 per second", n)
	}
}

func TestLengthsWithoutTimesArriveByPoisson(t *testing.T) {
	path := file(t, "t.csv", "num_prefill_tokens,num_decode_tokens\n5,6\n7,8\n")
	w := open(t, Spec{Trace: path}, Options{})
	if a := w.Effective().Arrivals; a.Process != "poisson" || *a.Rate != 6 {
		t.Errorf("%+v", a)
	}
	if all := draw(t, w); len(all) != 2 || all[1].PromptTokens != 7 || all[1].Arrival == 0 {
		t.Errorf("%+v", all)
	}
}

// A trace that is changed while it is played ends the run with an error.
func TestChangedTraceIsNoticed(t *testing.T) {
	path := tenRows(t)
	w := open(t, Spec{Trace: path}, Options{})
	if err := os.WriteFile(path, []byte("arrival_s,prompt_tokens,output_tokens\n0,1,1\n1,x,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Survey(); err == nil || !strings.Contains(err.Error(), ":3: ") {
		t.Errorf("survey %+v, error %v", s, err)
	}
}
