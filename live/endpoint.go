// Package live loads an OpenAI-compatible endpoint and records when the tokens of
// its replies arrive, so that it is scored by the same code as a simulated run.
//
// There are only a few types: an Endpoint is where requests go, a Prompter makes
// their prompts, an Exchange is one request and what came back, and a Session
// plays a workload and collects the exchanges.
package live

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An Endpoint is an OpenAI-compatible server. What it sends is not trusted.
type Endpoint struct {
	URL      string // with or without /v1
	Model    string
	Chat     bool              // /v1/chat/completions rather than /v1/completions
	Key      string            // sent as a bearer token; never printed nor written
	Headers  map[string]string // whose values are as secret as the key
	Insecure bool              // accepts certificates that nobody vouches for
	Extra    map[string]any    // laid over the body of every request; nil values delete

	client *http.Client
	root   string // without /v1
}

// Open checks the endpoint and prepares its connections. It sends nothing.
func (e *Endpoint) Open() error {
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("--url: %q (must be such as http://127.0.0.1:8000)", e.hide(e.URL))
	case u.User != nil || u.RawQuery != "":
		return errors.New("--url: holds a name, a password or a query (the key comes from the environment)")
	case e.Model == "":
		return errors.New("--model: missing (must name a model of the endpoint)")
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1")
	e.root = u.String()
	e.client = &http.Client{Transport: e.transport(), CheckRedirect: stay}
	return nil
}

// stay follows no redirect: it could lead to another host, with the key.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (e *Endpoint) transport() *http.Transport {
	dialer := net.Dialer{Timeout: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: e.Insecure},
		TLSHandshakeTimeout:    30 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // a connection for each stream, not HTTP/2
		DisableCompression:     true,
		MaxIdleConns:           1 << 16,
		MaxIdleConnsPerHost:    1 << 16,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 16,
	}
}

// path returns the address of completions.
func (e *Endpoint) path() string {
	if e.Chat {
		return e.root + "/v1/chat/completions"
	}
	return e.root + "/v1/completions"
}

// authorize adds the headers of every request.
func (e *Endpoint) authorize(r *http.Request) {
	r.Header.Set("User-Agent", "metronome")
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if e.Key != "" {
		r.Header.Set("Authorization", "Bearer "+e.Key)
	}
}

// body returns a request of a tenant, "" being nobody, for a streamed reply to a prompt:
// text or token ids.
func (e *Endpoint) body(prompt any, outputTokens int, tenant string) ([]byte, error) {
	b := map[string]any{
		"model": e.Model, "max_tokens": outputTokens, "temperature": 1, "ignore_eos": true,
		"stream": true, "stream_options": map[string]any{"include_usage": true},
	}
	if e.Chat {
		b["messages"] = []any{map[string]any{"role": "user", "content": prompt}}
	} else {
		b["prompt"] = prompt
	}
	if tenant != "" {
		b["user"] = tenant
	}
	for key, value := range e.Extra {
		if value == nil {
			delete(b, key)
		} else {
			b[key] = value
		}
	}
	return json.Marshal(b)
}

// longestNote bounds what is kept of a text of the server, in bytes.
const longestNote = 200

// note returns a text of the server as it can be shown: short, in one line of
// printable characters, and without the secrets that it may repeat.
func (e *Endpoint) note(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(e.hide(text), "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestNote {
		text = strings.ToValidUTF8(text[:longestNote], "") + "…"
	}
	return text
}

// hide replaces the secrets in a text.
func (e *Endpoint) hide(text string) string {
	for _, secret := range e.Headers {
		if len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	if e.Key != "" {
		text = strings.ReplaceAll(text, e.Key, "***")
	}
	return text
}

// ParseExtra reads the object that is laid over every request; "" is none.
func ParseExtra(text string) (map[string]any, error) {
	if text == "" {
		return nil, nil
	}
	var extra map[string]any
	if err := json.Unmarshal([]byte(text), &extra); err != nil {
		return nil, fmt.Errorf("%q (must be a JSON object)", text)
	}
	return extra, nil
}
