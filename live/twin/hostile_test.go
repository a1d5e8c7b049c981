package twin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"metronome/live/twin"
)

// dial opens a connection to a server, which must answer within a time or close it.
func dial(t *testing.T, base string, within time.Duration) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(within))
	return c
}

// status returns the status of an answer, or how the connection ended.
func statusOf(c net.Conn) string {
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no end"
	case err != nil:
		return "closed"
	}
	r.Body.Close()
	return fmt.Sprint(r.StatusCode)
}

// Headers and bodies beyond the limits are refused without being read to the end.
func TestOversizedRequestsAreRefused(t *testing.T) {
	base, _, _ := serve(t, twin.Options{})
	const enough = 20 * time.Second
	for name, test := range map[string]struct{ head, piece, want string }{
		"headers":        {"POST /v1/completions HTTP/1.1\r\nHost: x\r\nX-Long: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "431"},
		"request line":   {"GET /", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "431"},
		"body":           {"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n{\"prompt\":\"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "413"},
		"chunked body":   {"POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "20\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", "413"},
		"tokenized body": {"POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n{\"prompt\":\"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "413"},
	} {
		c := dial(t, base, enough)
		io.WriteString(c, test.head)
		go func() {
			block := strings.Repeat(test.piece, 1<<11)
			for {
				if _, err := io.WriteString(c, block); err != nil {
					return // it is not read any more
				}
			}
		}()
		if got := statusOf(c); got != test.want && got != "closed" {
			t.Errorf("endless %s: %s (want %s, or the connection closed)", name, got, test.want)
		}
		c.Close()
	}
}

// Clients that send slower than a client may are cut off, and hold up nobody meanwhile.
func TestSlowClientsAreCutOff(t *testing.T) {
	base, _, _ := serve(t, twin.Options{Patience: twin.Patience{Header: 200 * time.Millisecond, Request: 400 * time.Millisecond, Idle: 300 * time.Millisecond}})
	for name, sent := range map[string]string{
		"nothing":      "",
		"half a head":  "POST /v1/completions HTTP/1.1\r\nHost: x\r\n",
		"half a body":  "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"prompt\":",
		"half a chunk": "POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"prompt\"",
	} {
		c := dial(t, base, 20*time.Second)
		io.WriteString(c, sent)
		if status, text := post(t, base+"/v1/completions", `{"prompt":"a","max_tokens":1}`); status != 200 {
			t.Errorf("beside a client that sends %s: HTTP %d: %s", name, status, text)
		}
		if got := statusOf(c); got != "closed" && got != "400" && got != "408" {
			t.Errorf("a client that sends %s: %s (want it cut off)", name, got)
		}
	}
}

// Many idle connections hold up nobody, and are closed in time.
func TestIdleConnectionsAreClosed(t *testing.T) {
	base, _, _ := serve(t, twin.Options{Patience: twin.Patience{Idle: 300 * time.Millisecond}})
	var idle []net.Conn
	for range 200 {
		c := dial(t, base, 20*time.Second)
		io.WriteString(c, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := statusOf(c); got != "200" {
			t.Fatalf("HTTP %s", got)
		}
		idle = append(idle, c)
	}
	if status, text := post(t, base+"/v1/completions", `{"prompt":"a","max_tokens":1}`); status != 200 {
		t.Errorf("beside idle connections: HTTP %d: %s", status, text)
	}
	for i, c := range idle {
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatalf("connection %d stays: %v", i, err)
		}
	}
}

// pipes is a listener whose connections have no buffer, so that what is not read blocks.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A client that does not read its stream in time never gets the rest of it.
func TestClientsThatDoNotReadAreCutOff(t *testing.T) {
	_, server, _ := serve(t, twin.Options{Speed: 100, Patience: twin.Patience{Write: 100 * time.Millisecond}})
	listener := make(pipes, 1)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, listener) }()
	defer func() { stop(); close(listener); <-ended }()

	client, behind := net.Pipe()
	defer client.Close()
	listener <- behind
	client.SetDeadline(time.Now().Add(20 * time.Second))
	body := `{"prompt":"a","max_tokens":100,"stream":true}`
	fmt.Fprintf(client, "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	time.Sleep(500 * time.Millisecond) // longer than it may
	text, err := io.ReadAll(client)
	if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(text), "[DONE]") {
		t.Errorf("%d bytes, to the end: %v (want the stream cut off)", len(text), err)
	}
}
