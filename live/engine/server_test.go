// Package engine_test measures a real LLM server: Ollama, whose engine is llama.cpp,
// with a model of random weights. Its tests run where METRONOME_ENGINE names the
// binary, as scripts/engine-test does.
package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"metronome/live"
	"metronome/live/gguf"
	"metronome/workloads"
)

// slots is how many sequences the engine runs at once, and slotTokens how long each
// may get.
const (
	slots      = 4
	slotTokens = 4096
)

// A server is Ollama with a model per size of batch.
type server struct {
	t    *testing.T
	url  string
	env  []string
	home string
}

// start starts the engine at a free port of the loopback, until the test ends.
func start(t *testing.T) *server {
	t.Helper()
	binary := os.Getenv("METRONOME_ENGINE")
	if binary == "" {
		t.Skip("METRONOME_ENGINE names no engine: scripts/engine-test builds one and runs this")
	}
	s := &server{t: t, home: t.TempDir()}
	s.writeModel()
	addr := freePort(t)
	s.url = "http://" + addr
	s.env = append(os.Environ(), "OLLAMA_HOST="+addr, "HOME="+s.home, "OLLAMA_MODELS="+filepath.Join(s.home, "models"),
		fmt.Sprintf("OLLAMA_NUM_PARALLEL=%d", slots), fmt.Sprintf("OLLAMA_CONTEXT_LENGTH=%d", slotTokens),
		"OLLAMA_KEEP_ALIVE=-1", "OLLAMA_NO_CLOUD=1", "OLLAMA_NOPRUNE=1", "OLLAMA_MAX_LOADED_MODELS=1", "OLLAMA_LOAD_TIMEOUT=2m")
	log, err := os.Create(filepath.Join(s.home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(binary, "serve")
	c.Env, c.Stdout, c.Stderr, c.WaitDelay = s.env, log, log, 10*time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the engine said:\n%s", text[max(0, len(text)-4000):])
		}
	})
	s.await()
	return s
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) writeModel() {
	f, err := os.Create(filepath.Join(s.home, "model.gguf"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := gguf.Small().Write(f); err != nil {
		s.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// await waits until the engine answers.
func (s *server) await() {
	for range 600 {
		r, err := http.Get(s.url + "/api/version")
		if err == nil {
			r.Body.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("the engine does not answer")
}

// model makes a model that prefills so many tokens of a prompt per iteration, loads it
// and returns how to reach it. A single thread leaves a core to the client.
func (s *server) model(batch int) (*live.Endpoint, *live.Prompter) {
	s.t.Helper()
	name := fmt.Sprintf("random-%d", batch)
	file := filepath.Join(s.home, name)
	text := fmt.Sprintf("FROM %s/model.gguf\nTEMPLATE \"{{ .Prompt }}\"\nPARAMETER temperature 1\nPARAMETER top_k 40\n"+
		"PARAMETER num_thread 1\nPARAMETER num_batch %d\n", s.home, batch)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
	c := exec.Command(os.Getenv("METRONOME_ENGINE"), "create", name, "-f", file)
	c.Env = s.env
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	e := &live.Endpoint{URL: s.url, Model: name}
	if err := e.Open(); err != nil {
		s.t.Fatal(err)
	}
	p, err := live.Prompts(s.t.Context(), e, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		s.t.Fatal(err)
	}
	return e, p
}

// list is a source of given requests.
type list []workloads.Request

func (l *list) Next() (workloads.Request, bool) {
	if len(*l) == 0 {
		return workloads.Request{}, false
	}
	r := (*l)[0]
	*l = (*l)[1:]
	return r, true
}

// played counts requests over all tests: prompts begin differently by their number, so
// that the engine finds none of them in the slots of others.
var played int

// play sends requests and returns the exchanges in that order. All must finish, and have
// the lengths that were asked for.
func play(t *testing.T, e *live.Endpoint, p *live.Prompter, requests ...workloads.Request) []*live.Exchange {
	t.Helper()
	source, first := list(slices.Clone(requests)), played
	played += len(source)
	for i := range source {
		source[i].ID = first + i
	}
	all := make([]*live.Exchange, len(source))
	s := &live.Session{Endpoint: e, Prompter: p, Source: &source, Seed: rand.Uint64(), Timeout: 3 * time.Minute, Ended: func(x *live.Exchange) {
		all[x.ID-first] = x
		if x.Failure != "" || x.Tokens() != x.AskedOutput || x.PromptTokens != x.AskedPrompt || x.Rule != "each" || !x.Counted {
			t.Errorf("request %d of %d + %d tokens: %q %s, %d + %d tokens by rule %q", x.ID, x.AskedPrompt, x.AskedOutput, x.Failure, x.Note,
				x.PromptTokens, x.Tokens(), x.Rule)
		}
	}}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// request returns a request that is sent at a time.
func request(at time.Duration, promptTokens, outputTokens int) workloads.Request {
	return workloads.Request{Arrival: at, PromptTokens: promptTokens, OutputTokens: outputTokens}
}
