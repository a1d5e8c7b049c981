package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// serving runs serve with arguments until the test ends, and returns its address and
// what ends it and gives its report.
func serveInBackground(t *testing.T, args ...string) (url string, stop func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	errors, said := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...), &out, said)
		said.Close()
	}()
	lines := bufio.NewScanner(errors)
	for lines.Scan() {
		if url = regexp.MustCompile(`http://\S+`).FindString(lines.Text()); url != "" {
			break
		}
	}
	go io.Copy(io.Discard, errors)
	var report string
	stop = func() string {
		if ctx.Err() == nil {
			cancel()
			if c := <-code; c != 0 {
				t.Errorf("serve ends with %d", c)
			}
			report = out.String()
		}
		return report
	}
	t.Cleanup(func() { stop() })
	return url, stop
}

// command runs a command and returns what it prints.
func command(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != want {
		t.Fatalf("%v ends with %d (want %d): %s", args, code, want, errs.String())
	}
	return out.String(), errs.String()
}

// A tenantReport is what a report says of a tenant.
type tenantReport struct {
	Requests, Finished int
	TTFT               float64 `json:"ttft_mean_ms"`
}

// reportOf reads a JSON report.
func reportOf(t *testing.T, text string) (r struct {
	Requests struct{ Arrived, Finished, Failed int }
	Tenants  map[string]tenantReport
	Fluidity struct {
		Mean float64
		DD   float64 `json:"d_d_ms"`
	}
	Latency struct {
		TTFT struct{ Mean float64 } `json:"ttft_ms"`
		TPOT struct{ Mean float64 } `json:"tpot_ms"`
	}
	Prefill struct {
		Measured  map[string]float64 `json:"measured_ms"`
		Simulated map[string]float64 `json:"simulated_ms"`
	}
	Client struct {
		Served struct{ Served, Asked int } `json:"output_tokens"`
	}
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return r
}

// A live run against the served twin measures what the simulator says it did: the
// same requests and tokens, and its fluidity but for what the client was late.
func TestLiveMeasuresWhatServeSimulates(t *testing.T) {
	const relaxed = "slo.tbt=100ms" // so that lag on a busy machine makes no token late
	url, stop := serveInBackground(t, "--json", "--set", relaxed, "--set", "slo.ttft_slack=10s")
	folder := filepath.Join(t.TempDir(), "run")
	out, _ := command(t, 0, "live", "--url", url, "--model", "llama-3.1-8b", "--json", "--quiet", "--out", folder,
		"--set", relaxed, "--set", "workload.requests=30", "--set", "workload.arrivals.rate=30", "--set", "workload.output.distribution=uniform",
		"--set", "workload.output.min=20", "--set", "workload.output.max=60")
	measured, simulated := reportOf(t, out), reportOf(t, stop())
	if measured.Requests.Finished != 30 || measured.Client.Served.Served != measured.Client.Served.Asked {
		t.Errorf("measured %+v", measured)
	}
	if simulated.Requests.Finished < 30 || simulated.Fluidity.Mean != 1 {
		t.Errorf("simulated %+v", simulated)
	}
	if off := measured.Fluidity.Mean - simulated.Fluidity.Mean; off > 0.05 || off < -0.05 {
		t.Errorf("fluidity-index %v measured, %v simulated", measured.Fluidity.Mean, simulated.Fluidity.Mean)
	}
	again := t.TempDir()
	scored, _ := command(t, 0, "score", filepath.Join(folder, "tokens.jsonl.gz"), "--json", "--out", again)
	if a, b := shownBy(t, folder), shownBy(t, again); a != b {
		t.Errorf("the page of the run shows %s\nand that of its token times %s", a, b)
	}
	if again := reportOf(t, scored); again.Fluidity != measured.Fluidity || again.Latency != measured.Latency {
		t.Errorf("scored again: %+v (want %+v)", again, measured)
	}
	played, _ := command(t, 0, "simulate", "--json", "--set", "workload.trace="+filepath.Join(folder, "trace.csv"))
	if again := reportOf(t, played); again.Requests.Finished != 30 {
		t.Errorf("played again: %+v", again)
	}
}

// Lone prompts are measured before the load, and first tokens are due by them. What the
// simulator says of the same deployment is beside, and no longer.
func TestPrefillsAreProfiledFirst(t *testing.T) {
	url, _ := serveInBackground(t)
	folder := filepath.Join(t.TempDir(), "run")
	out, _ := command(t, 0, "live", "--url", url, "--model", "llama-3.1-8b", "--json", "--quiet", "--profile-prefill=100,1000,4000",
		"--out", folder, "--set", "workload.requests=3", "--set", "workload.output.distribution=fixed", "--set", "workload.output.value=3")
	r := reportOf(t, out)
	for _, n := range []string{"100", "1000", "4000"} {
		if r.Prefill.Measured[n] < r.Prefill.Simulated[n] || r.Prefill.Simulated[n] <= 0 {
			t.Errorf("%s tokens take %v ms, simulated %v", n, r.Prefill.Measured[n], r.Prefill.Simulated[n])
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "experiment.toml"))
	if err != nil || !strings.Contains(string(text), "prefill = [[100,") {
		t.Errorf("%v: %s", err, text)
	}
}

// No file, report or message holds the key, even if the endpoint repeats it.
func TestKeyIsWrittenNowhere(t *testing.T) {
	const key = "sk-very-secret"
	t.Setenv("METRONOME_TEST_KEY", key)
	var asked bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			MaxTokens int `json:"max_tokens"`
		}
		json.NewDecoder(r.Body).Decode(&q)
		asked = asked || r.Header.Get("Authorization") == "Bearer "+key && r.Header.Get("X-Team") == key
		if strings.HasSuffix(r.URL.Path, "/completions") {
			if q.MaxTokens == 1 { // it asks how long prompts get
				io.WriteString(w, "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":16,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n")
				return
			}
			io.WriteString(w, "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":16,\"completion_tokens\":1}}\n\n")
			io.WriteString(w, "data: {\"error\":\""+r.Header.Get("Authorization")+"\"}\n\n")
			return
		}
		http.Error(w, r.Header.Get("Authorization"), 404)
	}))
	defer server.Close()
	folder := filepath.Join(t.TempDir(), "run")
	stdout, stderr := command(t, 0, "live", "--url", server.URL, "--model", "m", "--key-from", "METRONOME_TEST_KEY",
		"--header-from", "X-Team=METRONOME_TEST_KEY", "--set", "workload.requests=3", "--out", folder)
	if !asked || !strings.Contains(stdout, "3 failed") || strings.Contains(stdout+stderr, key) {
		t.Errorf("key sent: %v; printed: %s%s", asked, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(folder, "exchanges.jsonl.gz")); err != nil {
		t.Error(err)
	}
	filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(key)) {
				t.Errorf("%s holds the key", path)
			}
		}
		return nil
	})
}

// A law that is fitted to a live run is an engine that simulate takes, and the run is
// held against what it then says.
func TestLiveRunIsCalibratedAndValidated(t *testing.T) {
	url, _ := serveInBackground(t)
	folder := t.TempDir()
	run, mine := filepath.Join(folder, "run"), filepath.Join(folder, "mine")
	command(t, 0, "live", "--url", url, "--model", "llama-3.1-8b", "--quiet", "--out", run, "--set", "workload.requests=25",
		"--set", "workload.arrivals.rate=25", "--set", "workload.output.distribution=uniform", "--set", "workload.output.min=10", "--set", "workload.output.max=30")
	command(t, 0, "calibrate", "live", run, "--allow-unknown", "--quiet", "--out", mine, "--name", "twin")
	text, err := os.ReadFile(filepath.Join(mine, "engines", "twin.toml"))
	if err != nil || !strings.Contains(string(text), "[law]") {
		t.Fatalf("%v: %s", err, text)
	}
	command(t, 0, "simulate", "--profiles", mine, "--set", "deployment.engine=twin", "--set", "workload.requests=50")
	errors, _ := command(t, 0, "validate", "--live", run, "--json", "--profiles", mine, "--set", "deployment.engine=twin", "--out", filepath.Join(folder, "beside"))
	var r struct {
		Live map[string]struct{ Simulated, Measured, Error float64 }
	}
	if err := json.Unmarshal([]byte(errors), &r); err != nil || r.Live["latency.tpot_ms.mean"].Simulated <= 0 {
		t.Errorf("%v: %s", err, errors)
	}
	for file, holds := range map[string]string{"report.html": "A live run and its simulation", "plots/tbt.svg": "<svg", "plots/fluidity.svg": "<svg", "fluidity.csv": "\n24,"} {
		if text, err := os.ReadFile(filepath.Join(folder, "beside", file)); err != nil || !strings.Contains(string(text), holds) {
			t.Errorf("%s does not hold %q (%v)", file, holds, err)
		}
	}
	if said, _ := command(t, 0, "validate", "--live", run, "--profiles", mine, "--set", "deployment.engine=twin"); !strings.Contains(said, "request by request") {
		t.Error(said)
	}
	if _, text := command(t, 2, "validate", "--live", filepath.Join(folder, "none")); !strings.Contains(text, "none") {
		t.Error(text)
	}
}

// Ctrl-C ends a live run with the score of what was measured, and keeps its files.
func TestInterruptedLiveRunIsScored(t *testing.T) {
	url, _ := serveInBackground(t)
	folder := filepath.Join(t.TempDir(), "run")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	served := func() int {
		r, err := http.Get(url + "/metrics")
		if err != nil {
			t.Error(err)
			return 1 << 20
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		n := 0
		fmt.Sscanf(string(regexp.MustCompile(`finished_reason="length".*} (\d+)`).Find(text)), `finished_reason="length",model_name="llama-3.1-8b"} %d`, &n)
		return n
	}
	go func() {
		for served() < 10 {
			time.Sleep(10 * time.Millisecond)
		}
		interrupt()
	}()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"live", "--url", url, "--model", "llama-3.1-8b", "--json", "--out", folder, "--set", "workload.requests=100000",
		"--set", "workload.arrivals.rate=50", "--set", "workload.output.distribution=fixed", "--set", "workload.output.value=5"}, &out, &errs)
	if r := reportOf(t, out.String()); code != exitInterrupted || r.Requests.Finished < 5 || r.Requests.Finished != r.Requests.Arrived {
		t.Errorf("exit code %d, %+v: %s", code, r.Requests, errs.String())
	}
	if _, err := os.Stat(filepath.Join(folder, "tokens.jsonl.gz")); err != nil || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("%v: %s", err, errs.String())
	}
}

// shownBy returns what the page in a folder shows.
func shownBy(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	data := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindSubmatch(text)
	if data == nil || !bytes.Contains(data[1], []byte(`"name":"tbt"`)) {
		t.Fatalf("the page has no gaps between tokens: %s", data)
	}
	return string(data[1])
}
