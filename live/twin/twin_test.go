package twin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/live"
	"metronome/live/twin"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/sim"
	"metronome/workloads"
)

// A ledger keeps what a cluster reports of requests.
type ledger struct {
	mu  sync.Mutex
	all map[int]metrics.Completion
}

func (*ledger) Iteration(*metrics.Iteration) {}

func (l *ledger) Finished(c *metrics.Completion) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := *c
	kept.Own, kept.Steps = append(append([]time.Duration(nil), c.Own...), c.Steps...), nil
	l.all[c.Request.ID] = kept
}

func (l *ledger) of(id int) (metrics.Completion, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.all[id]
	return c, ok
}

// cost is of iterations that take a millisecond, and longer for prompts.
type cost struct{}

func (cost) IterationTime(s hardware.Shape) time.Duration {
	return time.Millisecond + time.Duration(s.PrefillTokens)*5*time.Microsecond
}

const contextTokens = 4096

// serve serves a small cluster at a loopback address.
func serve(t *testing.T, o twin.Options) (base string, server *twin.Server, l *ledger) {
	t.Helper()
	return serveBy(t, o, func(*sim.Config) {})
}

// serveBy is serve for a cluster that differs in something.
func serveBy(t *testing.T, o twin.Options, change func(*sim.Config)) (base string, server *twin.Server, l *ledger) {
	t.Helper()
	l = &ledger{all: map[int]metrics.Completion{}}
	kind, err := scheduler.Lookup("vllm")
	if err != nil {
		t.Fatal(err)
	}
	if o.Model == "" {
		o.Model = "m"
	}
	o.Random = rand.New(rand.NewPCG(1, 2))
	config := sim.Config{
		Router: new(scheduler.RoundRobin), Recorder: l,
		Pools: []sim.Pool{{
			Replicas: 2, Cost: cost{},
			Policy: func() scheduler.Policy { return kind.New(scheduler.Limits{TokenBudget: 512, LongestChunk: 512}) },
			Blocks: 2000, BlockSize: 16, MaxSequences: 64, MaxModelLen: contextTokens, MaxOutputTokens: contextTokens,
		}},
	}
	change(&config)
	server, err = twin.New(config, o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { server.Run(ctx) })
	wait.Go(func() {
		if err := server.Serve(ctx, listener); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); wait.Wait() })
	return "http://" + listener.Addr().String(), server, l
}

// requests is a source of given requests.
type requests []workloads.Request

func (l *requests) Next() (workloads.Request, bool) {
	if len(*l) == 0 {
		return workloads.Request{}, false
	}
	r := (*l)[0]
	*l = (*l)[1:]
	return r, true
}

func open(t *testing.T, base string, chat bool) *live.Endpoint {
	t.Helper()
	e := &live.Endpoint{URL: base, Model: "m", Chat: chat}
	if err := e.Open(); err != nil {
		t.Fatal(err)
	}
	return e
}

// What a client measures is what the cluster did, token for token, and never earlier.
func TestClientReadsWhatTheClusterDid(t *testing.T) {
	for _, chat := range []bool{false, true} {
		base, _, l := serve(t, twin.Options{Stamp: true})
		e := open(t, base, chat)
		random := rand.New(rand.NewPCG(3, 4))
		prompter, err := live.Prompts(t.Context(), e, random)
		if err != nil {
			t.Fatal(err)
		}
		first := len(l.all) // requests that found out about the endpoint
		var source requests
		for i := range 60 {
			source = append(source, workloads.Request{
				ID: i, Arrival: time.Duration(i) * 2 * time.Millisecond, PromptTokens: 1 + random.IntN(2000), OutputTokens: 1 + random.IntN(60),
			})
		}
		asked := append(requests(nil), source...)
		n := 0
		s := &live.Session{Endpoint: e, Prompter: prompter, Source: &source, Seed: 1, Ended: func(x *live.Exchange) {
			n++
			if x.Failure != "" || x.PromptTokens != asked[x.ID].PromptTokens || x.Tokens() != asked[x.ID].OutputTokens {
				t.Errorf("chat %v: %d + %d tokens were asked for: %+v", chat, asked[x.ID].PromptTokens, asked[x.ID].OutputTokens, x)
			}
		}}
		if _, err := s.Run(t.Context()); err != nil || n != len(asked) {
			t.Fatalf("%d exchanges, %v", n, err)
		}
		for id := first; id < first+n; id++ {
			if c, ok := l.of(id); !ok || c.Outcome != metrics.Finished {
				t.Errorf("the cluster knows request %d as %+v", id, c)
			}
		}
	}
}

// With one request at a time, both sides number requests alike, and the time from one
// token to the last cannot be longer at the cluster than at the client, but for what
// the client was late at first.
func TestClientIsNeverAheadOfTheCluster(t *testing.T) {
	base, _, l := serve(t, twin.Options{})
	e := open(t, base, false)
	for i := range 5 {
		source := requests{{ID: 0, PromptTokens: 100, OutputTokens: 20}}
		start := time.Now()
		s := &live.Session{Endpoint: e, Prompter: prompter(t, e), Source: &source, Ended: func(x *live.Exchange) {
			c, ok := l.of(i*2 + 1) // after the one that finds out about the endpoint
			if !ok || c.Tokens() != 20 {
				t.Fatalf("the cluster knows %+v", c)
			}
			made, read := c.First()-c.Request.Arrival, x.Completion(nil).First()-time.Duration(x.Sent)
			if read < made {
				t.Errorf("the first token was read after %v and made after %v", read, made)
			}
		}}
		if _, err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if made := cost.IterationTime(cost{}, hardware.Shape{}) * 20; time.Since(start) < made {
			t.Errorf("20 tokens took %v (must be at least %v)", time.Since(start), made)
		}
	}
}

func prompter(t *testing.T, e *live.Endpoint) *live.Prompter {
	t.Helper()
	p, err := live.Prompts(t.Context(), e, rand.New(rand.NewPCG(3, 4)))
	if err != nil || p.Way != live.WayIDs {
		t.Fatalf("%+v, %v", p, err)
	}
	return p
}

// post sends a body and returns the status and the answer.
func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestRequestsAreChecked(t *testing.T) {
	base, _, _ := serve(t, twin.Options{})
	for body, want := range map[string]int{
		`{"prompt":"a b c","max_tokens":2}`:               200,
		`{"prompt":[1,2,3]}`:                              200,
		`{"prompt":["a b"],"max_tokens":1}`:               200,
		`{"model":"m","prompt":"a","max_tokens":1}`:       200,
		`{"model":"other","prompt":"a"}`:                  404,
		`{"prompt":"a","max_tokens":0}`:                   400,
		`{"prompt":"a","max_tokens":-5}`:                  400,
		`{"prompt":"a","max_tokens":1e99}`:                400,
		`{"prompt":"a","max_tokens":9000000000000000000}`: 400,
		`{"prompt":"a","n":2}`:                            400,
		`{"prompt":["a","b"]}`:                            400,
		`{"prompt":{}}`:                                   400,
		`{"prompt":""}`:                                   400,
		`{"messages":[]}`:                                 400,
		`{`:                                               400,
		`[]`:                                              400,
		``:                                                400,
		`{"prompt":"` + strings.Repeat("a ", contextTokens) + `"}`: 400,
		`{"prompt":"` + strings.Repeat("a", 17<<20) + `"}`:         413,
		`{"prompt":` + strings.Repeat("[", 100000) + `}`:           400,
	} {
		if got, text := post(t, base+"/v1/completions", body); got != want {
			t.Errorf("%.60s: HTTP %d (want %d): %.200s", body, got, want, text)
		}
	}
	if got, text := post(t, base+"/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"text","text":"a b"}]}],"max_tokens":3}`); got != 200 ||
		!strings.Contains(text, `"prompt_tokens":2,"completion_tokens":3`) {
		t.Errorf("HTTP %d: %s", got, text)
	}
	for _, path := range []string{"/v1/completions", "/nothing", "/v1/chat/completions"} {
		if r, err := http.Get(base + path); err != nil || r.StatusCode < 400 {
			t.Errorf("GET %s: %v, %v", path, r, err)
		}
	}
	for _, path := range []string{"/health", "/v1/models", "/metrics"} {
		if r, err := http.Get(base + path); err != nil || r.StatusCode != 200 {
			t.Errorf("GET %s: %v, %v", path, r, err)
		}
	}
}

// A stream is made of events that each are JSON, and ends with the usage and [DONE].
func TestStreamsAreWellFormed(t *testing.T) {
	base, _, _ := serve(t, twin.Options{Model: `a "model"`})
	_, text := post(t, base+"/v1/completions", `{"prompt":"a b c","max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}`)
	lines := bufio.NewScanner(strings.NewReader(text))
	var finish string
	tokens, usage, done := 0, 0, false
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "[DONE]" {
			done = done || ok
			continue
		}
		var event struct {
			Model   string
			Choices []struct {
				Text   string
				Finish *string `json:"finish_reason"`
			}
			Usage struct {
				Completion int `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil || event.Model != `a "model"` {
			t.Fatalf("%s: %v", data, err)
		}
		for _, c := range event.Choices {
			tokens++
			if c.Finish != nil {
				finish = *c.Finish
			}
		}
		usage += event.Usage.Completion
	}
	if tokens != 5 || usage != 5 || !done || finish != "length" {
		t.Errorf("%d tokens, usage %d, done %v, finish %q", tokens, usage, done, finish)
	}
}

// A client that goes away frees what its request holds, and one that does not read
// holds up nobody.
func TestClientsMayGoAwayOrNotRead(t *testing.T) {
	base, _, l := serve(t, twin.Options{})
	idle, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	body := `{"prompt":"a","max_tokens":3000,"stream":true}`
	fmt.Fprintf(idle, "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)

	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Read(make([]byte, 10))
	leave()
	answer.Body.Close()
	for {
		l.mu.Lock()
		failed := 0
		for _, c := range l.all {
			if c.Outcome == metrics.Failed {
				failed++
			}
		}
		l.mu.Unlock()
		if failed > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if status, text := post(t, base+"/v1/completions", `{"prompt":"a","max_tokens":3}`); status != 200 {
		t.Errorf("HTTP %d: %s", status, text)
	}
}

func TestFaultsHappenOnPurpose(t *testing.T) {
	base, server, _ := serve(t, twin.Options{Faults: twin.Faults{Errors: 0.3, Cuts: 0.3}})
	e := open(t, base, false)
	var source requests
	for i := range 100 {
		source = append(source, workloads.Request{ID: i, PromptTokens: 5, OutputTokens: 6})
	}
	outcomes := map[string]int{}
	s := &live.Session{Endpoint: e, Prompter: new(live.Prompter), Source: &source, MaxInFlight: 8, Ended: func(x *live.Exchange) { outcomes[x.Failure]++ }}
	s.Prompter = ids(t)
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcomes[""] == 0 || outcomes["HTTP 503"] == 0 || outcomes["connection broken"] == 0 || len(outcomes) != 3 {
		t.Errorf("outcomes %v", outcomes)
	}
	if errors, cuts := server.Struck(); errors != int64(outcomes["HTTP 503"]) || cuts != int64(outcomes["connection broken"]) {
		t.Errorf("%d errors and %d cuts on purpose, at the clients %v", errors, cuts, outcomes)
	}
}

// ids returns a prompter of token ids, found at an endpoint without faults.
func ids(t *testing.T) *live.Prompter {
	base, _, _ := serve(t, twin.Options{})
	return prompter(t, open(t, base, false))
}

func TestMetricsAreThoseOfVLLM(t *testing.T) {
	base, _, _ := serve(t, twin.Options{})
	post(t, base+"/v1/completions", `{"prompt":"a","max_tokens":3}`)
	g, err := open(t, base, false).Scrape(t.Context())
	if err != nil || g.Running != 0 || g.Waiting != 0 || g.Preemptions != 0 || math.IsNaN(g.KVShare) {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestStreamsAtOnceAreLimited(t *testing.T) {
	base, _, _ := serve(t, twin.Options{Streams: 1, Speed: 0.01})
	done := make(chan int)
	go func() {
		r, err := http.Post(base+"/v1/completions", "", strings.NewReader(`{"prompt":"a","max_tokens":20,"stream":true}`))
		if err != nil {
			t.Error(err)
			close(done)
			return
		}
		done <- r.StatusCode // the first token is there, others are to come
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		close(done)
	}()
	<-done
	if status, text := post(t, base+"/v1/completions", `{"prompt":"a"}`); status != 503 {
		t.Errorf("HTTP %d: %s", status, text)
	}
	<-done
}
