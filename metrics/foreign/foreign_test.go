package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// life returns what a file tells of its requests, a line each: arrival, prompt tokens,
// outcome, and the times of tokens after the arrival, in ms.
func life(name string, files fstest.MapFS) (source, lines string, err error) {
	f, err := files.Open(name)
	if err != nil {
		return "", "", err
	}
	t, err := NewReader("", name, f, func(name string) (io.ReadCloser, error) { return files.Open(name) })
	if err != nil {
		return "", "", err
	}
	for {
		c, err := t.Next()
		if err == io.EOF {
			return t.Header.Source, lines, nil
		}
		if err != nil {
			return "", "", err
		}
		lines += fmt.Sprintf("%g %d %v", ms(c.Request.Arrival), c.Request.PromptTokens, c.Outcome)
		for i := range c.Tokens() {
			lines += fmt.Sprintf(" %g", ms(c.Token(i)-c.Request.Arrival))
		}
		lines += "\n"
	}
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

var files = fstest.MapFS{}

func init() {
	for name, text := range map[string]string{
		"vllm.json": `{"date":"x","request_goodput:":null,"input_lens":[5,6,7],"output_lens":[3,1,0],"ttfts":[0.1,0.2,0],` +
			`"itls":[[0.01,0.03],[],[]],"start_times":[100.5,100.0,101],"errors":["","","Bad gateway"],"generated_texts":["a","b",""]}`,
		"old.json":     `{"input_lens":[5],"output_lens":[2],"ttfts":[0.1],"itls":[[0.01]],"errors":[""]}`,
		"two.json":     "{\"input_lens\":[5],\"output_lens\":[1],\"ttfts\":[0.1],\"itls\":[[]],\"start_times\":[7]}\n{\"input_lens\":[6],\"output_lens\":[1],\"ttfts\":[0.2],\"itls\":[[]],\"start_times\":[3]}\n",
		"chunks.json":  `{"input_lens":[5,5],"output_lens":[4,2],"ttfts":[0.1,0.1],"itls":[[0.01],[0.01,0.01]],"start_times":[0,1]}`,
		"sglang.jsonl": `{"backend":"sglang","mean_e2e_latency_ms":5,"input_lens":[5],"output_lens":[2],"ttfts":[0.1],"itls":[[0.01]],"errors":[""]}` + "\n",
		"aiperf.jsonl": `{"metadata":{"request_start_ns":2000000000,"benchmark_phase":"warmup"},"metrics":{},"error":null}
{"metadata":{"request_start_ns":3000000000,"benchmark_phase":"profiling"},"metrics":{"input_sequence_length":{"value":9,"unit":"tokens"},"output_sequence_length":{"value":3,"unit":"tokens"},"time_to_first_token":{"value":18.5,"unit":"ms"},"inter_chunk_latency":{"value":[4,5],"unit":"ms"}},"error":null}
{"metadata":{"request_start_ns":3500000000,"benchmark_phase":"profiling"},"metrics":{},"error":{"code":503}}
`,
		"inference.json": `[{"scheduled_time":9.9,"start_time":10,"end_time":10.3,"info":{"input_tokens":4,"output_tokens":2,"output_token_times":[10.1,10.2]},"error":null},
{"scheduled_time":10.4,"start_time":10.5,"end_time":10.6,"info":{"input_tokens":4,"output_tokens":0,"output_token_times":[]},"error":{"error_type":"x"}}]`,
		"tr.csv": `request_id,client_id,input_tokens,output_tokens,server_input_tokens,arrival_time_us,send_time_us,status
0,a,185,2,190,1000,1500,ok
1,a,50,1,0,2000,2000,timeout
`,
		"tr.itl.csv":   "request_id,chunk_index,timestamp_us\n0,0,11000\n0,1,21000\n",
		"requests.csv": "request_id,stage,arrival_s,prompt_id,input_tokens,output_tokens,output_tokens_retokenized,ttft_s,e2e_s,error\n0,0,0.5,0,600,3,4,0.1,0.3,0\n1,0,0.6,0,600,0,0,,,1\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
}

func TestFilesOfOtherToolsAreRead(t *testing.T) {
	for name, want := range map[string]string{
		"vllm.json":      "0 6 finished 200\n500 5 finished 100 110 140\n1000 7 failed\n",
		"old.json":       "0 5 finished 100 110\n",
		"two.json":       "0 5 finished 100\n0 6 finished 200\n",
		"chunks.json":    "0 5 finished 100 100 110 110\n1000 5 finished 100 110\n",
		"sglang.jsonl":   "0 5 finished 100 110\n",
		"aiperf.jsonl":   "0 9 finished 18.5 22.5 27.5\n500 0 failed\n",
		"inference.json": "0 4 finished 200 300\n500 4 failed\n",
		"tr.itl.csv":     "0 190 finished 10 20\n1 50 failed\n",
		"requests.csv":   "0 600 finished 100 200 300\n100 600 failed\n",
	} {
		source, got, err := life(name, files)
		if err != nil || got != want || source == "" {
			t.Errorf("%s, as %q: %v\n%s(want\n%s)", name, source, err, got, want)
		}
	}
}

func TestWhatAFileDoesNotTellIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"old.json": "when requests were sent", "sglang.jsonl": "when requests were sent", "requests.csv": "no TBT",
	} {
		if source, _, err := life(name, files); err != nil || !strings.Contains(source, want) {
			t.Errorf("%s: %q, %v (want it to name %q)", name, source, err, want)
		}
	}
}

func TestFilesWithoutTokenTimesAreRefused(t *testing.T) {
	for _, text := range []string{
		`{"completed":5,"mean_ttft_ms":5}`,
		`{"input_lens":[1],"output_lens":[1],"ttfts":[0.1]}`,
		`{"input_lens":[1],"output_lens":[1],"ttfts":[1e300],"itls":[[]]}`,
		`{"input_lens":[1],"output_lens":[2],"ttfts":[0.1],"itls":[[-5]]}`,
		`{"input_lens":[-1],"output_lens":[2],"ttfts":[0.1],"itls":[[5]]}`,
		`[]`, `[{"start_time":5,"info":{"output_token_times":[4]}}]`,
		`{"metadata":{"request_start_ns":5},"metrics":{"output_sequence_length":{"value":5}}}`,
		`{"metadata":{"request_start_ns":5},"metrics":{"output_sequence_length":{"value":5},"time_to_first_token":{"value":5,"unit":"ms"}}}`,
		`{"input_lens":[1],`, `{`, ``,
		"request_id,chunk_index,timestamp_us\n0,0,1\n",
		"arrival_s,input_tokens,output_tokens,ttft_s,e2e_s\n0,5,3,0.1,0.05\n", "a,b\n1,2\n", "\x00",
	} {
		if _, got, err := life("x", fstest.MapFS{"x": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s is read as %s", text, got)
		}
	}
}

// Our own bench.json says of every request what the token file says, but for the part
// of a nanosecond.
func TestOurBenchFileIsReadAsItWasMeant(t *testing.T) {
	var bench, tokens bytes.Buffer
	writers := []interface {
		metrics.Recorder
		io.Closer
	}{metrics.NewBenchWriter(&bench, metrics.BenchSettings{}), metrics.NewTokenWriter(&tokens, metrics.NewTokenHeader(metrics.Options{SLO: metrics.DefaultSLO()}, 1))}
	random := rand.New(rand.NewPCG(1, 2))
	for id := range 50 {
		c := &metrics.Completion{Request: workloads.Request{ID: id, Arrival: time.Duration(id) * 3e7, PromptTokens: 5 + id}}
		at := c.Request.Arrival
		for range 1 + random.IntN(20) {
			at += time.Duration(random.IntN(1e9))
			c.Own = append(c.Own, at)
		}
		c.Finish = at
		for _, w := range writers {
			w.Finished(c)
		}
	}
	for _, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	all := fstest.MapFS{"b": {Data: bench.Bytes()}, "t": {Data: tokens.Bytes()}}
	_, got, err := life("b", all)
	_, want, err2 := life("t", all)
	if errors.Join(err, err2) != nil || !near(got, want) {
		t.Errorf("%v\n%s\n%s", errors.Join(err, err2), got, want)
	}
}

// near reports whether two lists of requests are equal to the microsecond.
func near(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		var p, q float64
		if _, err := fmt.Sscan(x[i], &p); err != nil {
			if x[i] != y[i] {
				return false
			}
			continue
		}
		fmt.Sscan(y[i], &q)
		if d := p - q; d > 1e-3 || d < -1e-3 {
			return false
		}
	}
	return true
}

func FuzzForeignFiles(f *testing.F) {
	for name, file := range files {
		f.Add(name, file.Data)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if !fs.ValidPath(name) {
			return
		}
		life(name, fstest.MapFS{name: {Data: text}, "tr.csv": files["tr.csv"]})
	})
}

// The recorded runs that are at hand are all read.
func TestRecordedRunsAreRead(t *testing.T) {
	const folder = "../../../shared/data/validation/requests"
	all, err := fs.Glob(os.DirFS(folder), "*.csv.gz")
	if err != nil || len(all) == 0 {
		t.Skip("no recorded runs at hand")
	}
	for _, name := range all {
		if strings.Contains(name, "timeseries") {
			continue
		}
		f, err := os.Open(folder + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := NewReader("", name, f, nil); err != nil || !r.Header.Untimed {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
}

// A format that is asked for is taken whatever a file looks like, and one that its
// content does not have is an error; unknown ones are refused by naming all.
func TestFormatsCanBeForced(t *testing.T) {
	const text = "arrival_s,input_tokens,output_tokens,ttft_s,e2e_s\n0,5,3,0.1,0.3\n"
	for _, format := range Formats() {
		_, err := NewReader(format, "f", strings.NewReader(text), func(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist })
		if (err == nil) != (format == "requests") {
			t.Errorf("a table of requests, read as %s: %v", format, err)
		}
	}
	if _, err := NewReader("excel", "f", strings.NewReader(text), nil); err == nil || !strings.Contains(err.Error(), `unknown format "excel" (have metronome, bench, `) {
		t.Errorf("%v", err)
	}
}
