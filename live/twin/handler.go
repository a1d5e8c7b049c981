package twin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"metronome/metrics"
)

func (s *Server) mux() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /v1/completions", func(w http.ResponseWriter, r *http.Request) { s.complete(w, r, textFormat) })
	m.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) { s.complete(w, r, chatFormat) })
	m.HandleFunc("POST /tokenize", s.tokenize)
	m.HandleFunc("GET /v1/models", s.models)
	m.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	m.HandleFunc("GET /metrics", s.metrics)
	return m
}

// Serve answers on a listener until ctx is done.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	p := s.options.Patience
	server := &http.Server{
		Handler: s.mux(), ReadHeaderTimeout: p.Header, ReadTimeout: p.Request, IdleTimeout: p.Idle,
		MaxHeaderBytes: headerBytes, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// complete answers a request for a completion.
func (s *Server) complete(w http.ResponseWriter, r *http.Request, f format) {
	q, promptTokens, err := readRequest(w, r, s.options.Model)
	if err != nil {
		refuse(w, err)
		return
	}
	if s.faulty(s.options.Faults.Errors) {
		s.errors.Add(1)
		refuse(w, refusal{http.StatusServiceUnavailable, "out of order, on purpose"})
		return
	}
	if !pause(r.Context(), s.options.Faults.Delay) {
		return
	}
	t, ok := s.submit(s.tenant(r.Header, &q), promptTokens, s.outputTokens(&q, promptTokens))
	if !ok {
		refuse(w, refusal{http.StatusServiceUnavailable, "too many requests at once"})
		return
	}
	defer s.cancel(t)
	a := &answer{server: s, stream: t, request: &q, format: f, w: w, control: http.NewResponseController(w), prompt: promptTokens}
	if s.faulty(s.options.Faults.Cuts) {
		a.cutAt = 1 + s.outputTokens(&q, promptTokens)/2
	}
	a.write(r.Context())
}

// TenantHeader names the tenant of a request, as gateways do for the scheduler behind
// them. The field user of the body does where it is missing.
const TenantHeader = "X-Gateway-Inference-Fairness-Id"

// tenant returns which of the known tenants a request is of, "" for none.
func (s *Server) tenant(h http.Header, q *completionRequest) string {
	name := cmp.Or(h.Get(TenantHeader), q.User)
	if _, known := slices.BinarySearch(s.options.Tenants, name); !known {
		return "" // names that clients think up cost no memory
	}
	return name
}

// pause waits, unless the client goes away.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// outputTokens returns how long the reply gets: as long as the client allows, or as
// the model wants, if it may stop by itself.
func (s *Server) outputTokens(q *completionRequest, promptTokens int) int {
	n := s.limit - promptTokens
	if q.max() != nil {
		n = *q.max()
	} else if q.Messages == nil {
		n = defaultMaxTokens
	}
	if s.options.Output != nil && !q.IgnoreEOS {
		s.mu.Lock()
		defer s.mu.Unlock()
		n = min(n, s.options.Output())
	}
	return max(n, 1)
}

// defaultMaxTokens bounds a completion, not of a chat, where the client sets no bound.
const defaultMaxTokens = 16

func refuse(w http.ResponseWriter, err error) {
	r := refusal{http.StatusInternalServerError, err.Error()}
	errors.As(err, &r)
	writeJSON(w, r.status, r.body())
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": s.options.Model, "object": "model", "owned_by": "metronome", "max_model_len": s.limit},
	}})
}

func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	var q completionRequest
	if err := readJSON(w, r, &q); err != nil {
		refuse(w, err)
		return
	}
	if err := q.isFor(s.options.Model); err != nil {
		refuse(w, err)
		return
	}
	n, err := q.promptTokens()
	if err != nil {
		refuse(w, refusal{http.StatusBadRequest, err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"count": n, "max_model_len": s.limit})
}

func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	text := append(s.told.text(s.cluster.Loads(), s.options.Model), s.told.tenantText(s.options.Tenants)...)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	w.Write(text)
}

// status returns the HTTP status of a request that was not served.
func status(o metrics.Outcome, reason string) refusal {
	switch o {
	case metrics.Rejected:
		return refusal{http.StatusBadRequest, reason}
	case metrics.Shed:
		return refusal{http.StatusTooManyRequests, fmt.Sprint(o, ": ", reason)}
	}
	return refusal{http.StatusServiceUnavailable, fmt.Sprint(o, ": ", reason)}
}
