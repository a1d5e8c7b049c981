package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// Limits on what an endpoint may make us hold, in bytes.
const (
	replyBytes      = 1 << 18 // of a stream, and
	replyTokenBytes = 1 << 11 // for every token that was asked for
	heldBytes       = 1 << 29 // of all streams that are not decoded yet
	errorBytes      = 1 << 12 // of the body of an error
)

// A sender sends requests and reads what comes back.
type sender struct {
	endpoint *Endpoint
	timeout  time.Duration // of a whole exchange
	clock    func() time.Duration
	budget   atomic.Int64
	pulse    *Pulse // may be nil
}

func newSender(e *Endpoint, timeout time.Duration, clock func() time.Duration) *sender {
	s := &sender{endpoint: e, timeout: timeout, clock: clock}
	s.budget.Store(heldBytes)
	return s
}

// send sends the body of an exchange and reads the reply, which decode completes.
func (s *sender) send(ctx context.Context, x *Exchange, body []byte) *stream {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	in := &stream{clock: s.clock, most: replyBytes + replyTokenBytes*x.AskedOutput, budget: &s.budget}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint.path(), bytes.NewReader(body))
	if err != nil {
		x.fail(failConnect, s.endpoint.note(err.Error()))
		return in
	}
	request.GetBody = nil // so that nothing is ever sent twice
	s.endpoint.authorize(request)
	x.Sent = int64(s.clock())
	err = s.exchange(request, x, in)
	x.Ended = int64(s.clock())
	if err != nil {
		s.judge(ctx, x, err)
	}
	return in
}

func (s *sender) exchange(request *http.Request, x *Exchange, in *stream) error {
	response, err := s.endpoint.client.Do(request)
	if err != nil {
		return connectError{err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, errorBytes))
		x.fail(fmt.Sprintf("HTTP %d", response.StatusCode), s.endpoint.note(string(text)))
		return nil
	}
	if coding := response.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		x.fail(failEncoded, s.endpoint.note(coding))
		return nil
	}
	if err := s.read(in, response.Body); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// read reads a stream, and lets the pulse feel it.
func (s *sender) read(in *stream, from io.Reader) error {
	if s.pulse == nil {
		return in.read(from)
	}
	f := &felt{Reader: from, pulse: s.pulse}
	defer f.letGo()
	return in.read(f)
}

// A connectError is the failure to get an answer at all.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// judge names the failure of an exchange.
func (s *sender) judge(ctx context.Context, x *Exchange, err error) {
	kind := failBroken
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		kind = failTimeout
	case errors.Is(err, errLongLine) || errors.Is(err, errLongStream) || errors.Is(err, errBudget):
		kind = failTooLong
	case errors.As(err, new(connectError)):
		kind = failConnect
	}
	x.fail(kind, s.endpoint.note(err.Error()))
}

func (x *Exchange) fail(kind, note string) {
	if x.Failure == "" {
		x.Failure, x.Note = kind, note
	}
}

// decode completes an exchange by what its stream says, and lets go of it.
func (s *sender) decode(x *Exchange, in *stream) {
	defer in.release()
	r := newReply(len(in.events()))
	for _, a := range in.events() {
		if err := r.add(int64(a.at), in.data[a.start:a.end]); err != nil {
			kind := failMalformed
			if errors.As(err, new(serverError)) {
				kind, x.Failure = failServer, "" // the cause of whatever came of it
			}
			x.fail(kind, s.endpoint.note(err.Error()))
			break
		}
	}
	x.Rule = r.tokens(x.AskedOutput)
	x.Chunks, x.written, x.PromptTokens = r.chunks, r.written, x.AskedPrompt
	if u := r.usage; u != nil && u.PromptTokens > 0 && u.PromptTokens <= mostPromptTokens {
		x.PromptTokens, x.Counted = u.PromptTokens, true
	}
	switch {
	case x.Failure != "":
	case !in.done && !r.finished:
		x.fail(failBroken, "the stream ended without [DONE] or a reason to finish")
	case len(x.Chunks) == 0:
		x.fail(failEmpty, "")
	}
}

// mostPromptTokens bounds what is believed of a count of prompt tokens.
const mostPromptTokens = 1 << 30
