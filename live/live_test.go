package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"metronome/workloads"
)

// request is what a test server reads of a request.
type request struct {
	Prompt    any `json:"prompt"`
	MaxTokens int `json:"max_tokens"`
	Messages  []struct{ Content string }
}

// serve returns an endpoint whose completions are written by a handler. It checks no
// more than the handler does.
func serve(t *testing.T, completions func(http.ResponseWriter, request)) *Endpoint {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q request
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/completions") {
			http.NotFound(w, r)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		completions(w, q)
	}))
	t.Cleanup(server.Close)
	e := &Endpoint{URL: server.URL + "/v1", Model: "m", Key: "sesame-open"}
	if err := e.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.client.CloseIdleConnections)
	return e
}

// reply writes a well-formed reply of as many tokens as were asked for.
func wellFormed(w http.ResponseWriter, q request) {
	for range q.MaxTokens {
		fmt.Fprint(w, "data: {\"choices\":[{\"text\":\" a\"}]}\n\n")
		w.(http.Flusher).Flush()
	}
	fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":%d}}\n\ndata: [DONE]\n\n", q.MaxTokens)
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

// requests returns n requests, an interval apart.
func requests(n int, interval time.Duration, outputTokens int) *list {
	var l list
	for i := range n {
		l = append(l, workloads.Request{ID: i, Arrival: time.Duration(i) * interval, PromptTokens: 7, OutputTokens: outputTokens})
	}
	return &l
}

// play plays requests and returns the exchanges by number.
func play(t *testing.T, ctx context.Context, s *Session) (map[int]*Exchange, Summary) {
	t.Helper()
	all := map[int]*Exchange{}
	s.Prompter = &Prompter{ids: true}
	s.Ended = func(x *Exchange) { all[x.ID] = x }
	if s.Timeout == 0 {
		s.Timeout = 20 * time.Second
	}
	sum, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return all, sum
}

// exchange returns what comes of one request for four tokens.
func exchange(t *testing.T, completions func(http.ResponseWriter, request)) *Exchange {
	t.Helper()
	all, _ := play(t, t.Context(), &Session{Endpoint: serve(t, completions), Source: requests(1, 0, 4)})
	return all[0]
}

func TestEveryRequestIsSentOnceAndInTime(t *testing.T) {
	var served atomic.Int64
	e := serve(t, func(w http.ResponseWriter, q request) { served.Add(1); wellFormed(w, q) })
	all, _ := play(t, t.Context(), &Session{Endpoint: e, Source: requests(50, time.Millisecond, 3)})
	if len(all) != 50 || served.Load() != 50 {
		t.Fatalf("%d exchanges, %d served", len(all), served.Load())
	}
	for id, x := range all {
		c := x.Completion(nil)
		switch {
		case x.Failure != "" || x.Tokens() != 3 || x.Rule != ruleEach || !x.Counted || x.PromptTokens != 7:
			t.Errorf("request %d: %+v", id, x)
		case x.Scheduled != int64(id)*1e6 || x.Sent < x.Scheduled || c.First() < time.Duration(x.Sent) || x.Ended < int64(c.Last()):
			t.Errorf("request %d: times are out of order: %+v", id, x)
		case c.Request.Arrival != time.Duration(x.Scheduled):
			t.Errorf("request %d: latency counts from %v, not from when it should have been sent", id, c.Request.Arrival)
		}
	}
}

// Streams in the forms that servers give them, and what comes of them: the channels
// of chunks, "" for a failure.
func TestFormsOfStreams(t *testing.T) {
	for name, test := range map[string]struct{ stream, channels string }{
		"text":            {"data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n", "text"},
		"no blanks":       {"data:{\"choices\":[{\"text\":\"a\"}]}\n\ndata:[DONE]\n\n", "text"},
		"carriage return": {"data: {\"choices\":[{\"text\":\"a\"}]}\r\n\r\ndata: [DONE]\r\n\r\n", "text"},
		"comments":        {": ping\n\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\n:\n\ndata: [DONE]\n\n", "text"},
		"other fields":    {"event: x\nid: 1\nretry: 5\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n", "text"},
		"lines of data":   {"data: {\"choices\":\ndata: [{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n", "text"},
		"no done":         {"data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}]}\n\n", "text"},
		"no last line":    {"data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}]}", "text"},
		"reasoning": {"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\"}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n" +
			"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":1}]}}]}\n\ndata: [DONE]\n\n", "reasoning reasoning text tool"},
		"empty last chunk": {"data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n", "text"},
		"usage of zeros": {"data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n" +
			"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n", "text"},
		"null error":    {"data: {\"error\":null,\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n", "text"},
		"bad UTF-8":     {"data: {\"choices\":[{\"text\":\"\xff\xfe\"}]}\n\ndata: [DONE]\n\n", "text"},
		"cut":           {"data: {\"choices\":[{\"text\":\"a\"}]}\n\n", ""},
		"nothing":       {"", ""},
		"only done":     {"data: [DONE]\n\n", ""},
		"no JSON":       {"data: {\"choices\n\ndata: [DONE]\n\n", ""},
		"error":         {"data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"error\":{\"message\":\"sorry\"}}\n\n", ""},
		"error as text": {"data: {\"error\":\"sorry\"}\n\ndata: [DONE]\n\n", ""},
		"huge number":   {"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1e999}}\n\ndata: [DONE]\n\n", ""},
		"other type":    {"data: [1,2]\n\ndata: [DONE]\n\n", ""},
	} {
		x := exchange(t, func(w http.ResponseWriter, _ request) { io.WriteString(w, test.stream) })
		var channels []string
		for _, c := range x.Chunks {
			channels = append(channels, string(c.Channel))
		}
		if got := strings.Join(channels, " "); (x.Failure != "") != (test.channels == "") || x.Failure == "" && got != test.channels {
			t.Errorf("%s: %q, failure %q (want %q)", name, got, x.Failure, test.channels)
		}
	}
}

func TestFailuresAreNamed(t *testing.T) {
	for want, completions := range map[string]func(http.ResponseWriter, request){
		"HTTP 429": func(w http.ResponseWriter, _ request) { w.WriteHeader(429) },
		"HTTP 503": func(w http.ResponseWriter, _ request) { http.Error(w, "overloaded", http.StatusServiceUnavailable) },
		"HTTP 302": func(w http.ResponseWriter, _ request) { w.Header().Set("Location", "/x"); w.WriteHeader(302) },
		failEncoded: func(w http.ResponseWriter, _ request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("\x1f\x8b"))
		},
		failServer:    func(w http.ResponseWriter, _ request) { io.WriteString(w, "data: {\"error\":{\"code\":500}}\n\n") },
		failMalformed: func(w http.ResponseWriter, _ request) { io.WriteString(w, "data: }\n\n") },
		failEmpty:     func(w http.ResponseWriter, _ request) { io.WriteString(w, "data: [DONE]\n\n") },
		failBroken: func(w http.ResponseWriter, _ request) {
			io.WriteString(w, "data: {\"choices\":[{\"text\":\"a\"}]}\n\n")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		failConnect: func(w http.ResponseWriter, _ request) { panic(http.ErrAbortHandler) },
	} {
		if x := exchange(t, completions); x.Failure != want {
			t.Errorf("failure %q, note %q (want %q)", x.Failure, x.Note, want)
		}
	}
}

// forever writes a piece of a reply until the client goes away.
func forever(piece string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) {
		for {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
}

// A hostile endpoint neither hangs the client nor makes it hold more than its limits.
func TestHostileEndpoints(t *testing.T) {
	patience := map[string]time.Duration{failTimeout: 300 * time.Millisecond}
	for name, test := range map[string]struct {
		completions func(http.ResponseWriter, request)
		want        string
	}{
		"endless line":     {forever("data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), failTooLong},
		"endless event":    {forever("data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"), failTooLong},
		"endless stream":   {forever("data: {\"choices\":[{\"text\":\"a\"}]}\n\n"), failTooLong},
		"empty events":     {forever("data:\n\n"), failTooLong},
		"endless comments": {forever(": still here\n\n"), failTimeout},
		"endless error": {func(w http.ResponseWriter, q request) {
			w.WriteHeader(500)
			forever("no ")(w, q)
		}, "HTTP 500"},
		"slow drip": {func(w http.ResponseWriter, _ request) {
			for {
				if _, err := io.WriteString(w, "d"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}, failTimeout},
		"absurd usage": {func(w http.ResponseWriter, _ request) {
			io.WriteString(w, "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9000000000000000000,\"completion_tokens\":9000000000000000000}}\n\ndata: [DONE]\n\n")
		}, ""},
		"absurd counts": {func(w http.ResponseWriter, _ request) {
			io.WriteString(w, "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":-9}}\n\ndata: [DONE]\n\n")
		}, ""},
	} {
		all, _ := play(t, t.Context(), &Session{Endpoint: serve(t, test.completions), Source: requests(1, 0, 4), Timeout: patience[test.want]})
		x := all[0]
		held := 0
		for _, c := range x.Chunks {
			held += c.Bytes
		}
		if x.Failure != test.want || held > replyBytes+4*replyTokenBytes || len(x.Note) > longestNote+10 {
			t.Errorf("%s: failure %q (want %q), %d bytes held, note %q", name, x.Failure, test.want, held, x.Note)
		}
		if test.want == "" && x.Tokens() != 1 {
			t.Errorf("%s: %d tokens (want the one that was sent)", name, x.Tokens())
		}
	}
}

// What streams hold together is bounded too, and given back.
func TestStreamsShareABudget(t *testing.T) {
	var budget atomic.Int64
	const each = eventBytes + 40 + 1
	budget.Store(each * 5 / 2)
	var streams []*stream
	failed := 0
	for range 5 {
		s := &stream{clock: func() time.Duration { return 0 }, most: 1 << 20, budget: &budget}
		if err := s.read(strings.NewReader("data: " + strings.Repeat("x", 40) + "\n\ndata: [DONE]\n\n")); err != nil {
			failed++
		}
		streams = append(streams, s)
	}
	if failed != 3 {
		t.Errorf("%d of 5 streams failed within the budget of two and a half (want 3)", failed)
	}
	for _, s := range streams {
		s.release()
	}
	if budget.Load() != each*5/2 {
		t.Errorf("%d bytes of %d were given back", budget.Load(), each*5/2)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Store(true) }))
	defer other.Close()
	code := 0
	echo := func(w http.ResponseWriter, _ request) {
		w.Header().Set("Location", other.URL)
		w.WriteHeader(code)
		io.WriteString(w, "you sent Bearer sesame-open and tenant-secret\x1b[31m")
	}
	e := serve(t, echo)
	e.Headers = map[string]string{"X-Tenant": "tenant-secret"}
	for _, code = range []int{301, 302, 303, 307, 308} {
		all, _ := play(t, t.Context(), &Session{Endpoint: e, Source: requests(1, 0, 1)})
		text, err := json.Marshal(all[0])
		if err != nil {
			t.Fatal(err)
		}
		if leaked.Load() {
			t.Fatalf("a redirect to another host was followed (HTTP %d)", code)
		}
		if s := string(text); strings.Contains(s, "sesame") || strings.Contains(s, "tenant-secret") || strings.Contains(s, "u001b") {
			t.Errorf("the record holds %s", s)
		}
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { wellFormed(w, request{MaxTokens: 1}) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for _, insecure := range []bool{false, true} {
		e := &Endpoint{URL: server.URL, Model: "m", Insecure: insecure}
		if err := e.Open(); err != nil {
			t.Fatal(err)
		}
		all, _ := play(t, t.Context(), &Session{Endpoint: e, Source: requests(1, 0, 1)})
		if ok := all[0].Failure == ""; ok != insecure {
			t.Errorf("insecure %v: failure %q", insecure, all[0].Failure)
		}
		e.client.CloseIdleConnections()
	}
}

func TestEndpointsAreChecked(t *testing.T) {
	for _, e := range []Endpoint{
		{URL: "", Model: "m"}, {URL: "127.0.0.1:80", Model: "m"}, {URL: "ftp://a/", Model: "m"}, {URL: "http://u:p@a", Model: "m"},
		{URL: "http://a?key=1", Model: "m"}, {URL: "http://a"},
	} {
		if err := e.Open(); err == nil {
			t.Errorf("%+v was accepted", e)
		}
	}
	for _, url := range []string{"http://a", "http://a/", "http://a/v1", "http://a/v1/"} {
		e := Endpoint{URL: url, Model: "m"}
		if err := e.Open(); err != nil || e.path() != "http://a/v1/completions" {
			t.Errorf("%s: %s, %v", url, e.path(), err)
		}
	}
}

// A crowd is a closed loop of users that each send a number of requests.
type crowd struct {
	users, requests, issued int
}

func (c *crowd) Next() (workloads.Request, bool) {
	if c.issued == c.users {
		return workloads.Request{}, false
	}
	return c.FollowUp(workloads.Request{}, 0)
}

func (c *crowd) FollowUp(_ workloads.Request, now time.Duration) (workloads.Request, bool) {
	if c.issued == c.requests {
		return workloads.Request{}, false
	}
	c.issued++
	return workloads.Request{ID: c.issued - 1, Arrival: now, PromptTokens: 7, OutputTokens: 2}, true
}

// gauge counts who is at a server.
type gauge struct {
	mu        sync.Mutex
	now, most int
}

func (g *gauge) in() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now++
	g.most = max(g.most, g.now)
}

func (g *gauge) out() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now--
}

func (g *gauge) watched(w http.ResponseWriter, q request) {
	g.in()
	defer g.out()
	wellFormed(w, q)
}

func TestUsersOfAClosedLoopWaitForReplies(t *testing.T) {
	var g gauge
	all, _ := play(t, t.Context(), &Session{Endpoint: serve(t, g.watched), Source: &crowd{users: 4, requests: 40}})
	if len(all) != 40 || g.most > 4 {
		t.Errorf("%d exchanges, %d at once (want 40, at most 4)", len(all), g.most)
	}
}

func TestInFlightLimitHolds(t *testing.T) {
	var g gauge
	all, _ := play(t, t.Context(), &Session{Endpoint: serve(t, g.watched), Source: requests(30, 0, 2), MaxInFlight: 3})
	if len(all) != 30 || g.most > 3 {
		t.Errorf("%d exchanges, %d at once (want 30, at most 3)", len(all), g.most)
	}
	for _, x := range all {
		if x.Scheduled != 0 || x.Due > x.Sent {
			t.Errorf("%+v: a request that is held back keeps its time", x)
		}
	}
}

func TestInterruptEndsTheSession(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var served atomic.Int64
	e := serve(t, func(w http.ResponseWriter, q request) {
		if served.Add(1) <= 5 {
			wellFormed(w, q)
			return
		}
		cancel()
		for { // the client goes away
			if _, err := io.WriteString(w, ":\n"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	})
	all, sum := play(t, ctx, &Session{Endpoint: e, Source: requests(1000, 20*time.Millisecond, 1)})
	if len(all) != 5 || sum.Cut == 0 || len(all)+sum.Cut > 10 {
		t.Errorf("%d exchanges, %d cut", len(all), sum.Cut)
	}
}

// What finds out about an endpoint is bounded as well.
func TestHostileProbes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/tokenize":
			io.WriteString(w, `{"count":`)
			forever("1")(w, request{})
		case "/metrics":
			forever("vllm:num_requests_running 1\n")(w, request{})
		default:
			http.Error(w, "no", 500)
		}
	}))
	defer server.Close()
	e := &Endpoint{URL: server.URL, Model: "m"}
	if err := e.Open(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.countWords(t.Context(), 5, rand.New(rand.NewPCG(1, 2))); err == nil {
		t.Error("an endless number was read")
	}
	e.Scrape(t.Context()) // ends, whatever it says
	if p, err := Prompts(t.Context(), e, rand.New(rand.NewPCG(1, 2))); err == nil || !strings.Contains(err.Error(), "HTTP 500") {
		t.Errorf("%+v, %v", p, err)
	}
	server.CloseClientConnections()
}

// Whoever sees failures sees what the endpoint had to say, once for each kind.
func TestFailuresAreWarnedAbout(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ request) { http.Error(w, "no such model", 404) })
	all, sum := play(t, t.Context(), &Session{Endpoint: e, Source: requests(3, 0, 2)})
	var c Client
	c.MostLag = time.Hour
	for _, x := range all {
		c.Add(x, sum.Start)
	}
	if text := strings.Join(c.Warnings(Summary{}), "; "); strings.Count(text, "3 of 3 requests failed: HTTP 404: no such model") != 1 {
		t.Errorf("warned about %q", text)
	}
}

// A server is asked before and after a run, however short it is.
func TestServersAreWatchedToTheEnd(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\n# TYPE vllm:num_preemptions_total counter\nvllm:num_preemptions_total %d\n", asked.Add(1))
	}))
	defer server.Close()
	e := &Endpoint{URL: server.URL, Model: "m"}
	if err := e.Open(); err != nil {
		t.Fatal(err)
	}
	w := e.Watch(t.Context(), time.Hour)
	w.Stop()
	if n := len(w.Samples); n != 2 || w.Samples[1].Preemptions-w.Samples[0].Preemptions != 1 {
		t.Errorf("%d samples (want one before and one after): %+v", n, w.Samples)
	}
}
