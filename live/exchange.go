package live

import (
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// An Exchange is one request and what came back. Its times are nanoseconds since
// the start of the session on a clock that is never set.
type Exchange struct {
	ID        int    `json:"id"`
	Tenant    string `json:"tenant,omitempty"`
	Class     string `json:"class,omitempty"`
	Scheduled int64  `json:"scheduled_ns"` // when it should have been sent; latencies count from here
	Due       int64  `json:"due_ns"`       // when it could be sent: later, if too many were in flight
	Sent      int64  `json:"sent_ns"`      // when it was sent
	Ended     int64  `json:"ended_ns"`

	AskedPrompt  int  `json:"asked_prompt_tokens"`
	AskedOutput  int  `json:"asked_output_tokens"`
	PromptTokens int  `json:"prompt_tokens"` // as the server counts them, else as asked
	Counted      bool `json:"counted"`       // the server counted the tokens

	Failure string  `json:"failure,omitempty"` // what kind; "" if it finished
	Note    string  `json:"note,omitempty"`    // what the server or the network had to say
	Rule    string  `json:"rule,omitempty"`    // by which tokens are told from chunks
	Chunks  []Chunk `json:"chunks"`

	cut     bool    // by an interrupt
	written []int64 // Unix times at which a served twin wrote the chunks
}

// The kinds of failure that have no code.
const (
	failConnect   = "connection failed"
	failBroken    = "connection broken"
	failTimeout   = "timeout"
	failMalformed = "malformed event"
	failServer    = "error in the stream"
	failTooLong   = "too long"
	failEncoded   = "compressed reply"
	failEmpty     = "empty reply"
)

// Tokens returns the number of output tokens.
func (x *Exchange) Tokens() (n int) {
	for _, c := range x.Chunks {
		n += c.Tokens
	}
	return n
}

// FirstVisible returns when the first chunk of text arrived, not of reasoning.
func (x *Exchange) FirstVisible() (at time.Duration, ok bool) {
	for _, c := range x.Chunks {
		if c.Channel == Text {
			return time.Duration(c.At), true
		}
	}
	return 0, false
}

// Lag returns how much later than it could be the request was sent.
func (x *Exchange) Lag() time.Duration { return time.Duration(x.Sent - x.Due) }

// Completion returns the exchange as metrics see it. FirstDeadline is D_p by
// tenant and prompt tokens; nil is no deadline. The tokens of a failed request are kept.
func (x *Exchange) Completion(firstDeadline func(tenant string, promptTokens int) time.Duration) *metrics.Completion {
	n := x.Tokens()
	c := &metrics.Completion{
		Request: workloads.Request{
			ID: x.ID, Arrival: time.Duration(x.Scheduled), Tenant: x.Tenant, Class: x.Class,
			PromptTokens: x.PromptTokens, OutputTokens: n, MaxTokens: x.AskedOutput,
		},
		Admitted: time.Duration(x.Scheduled), Finish: time.Duration(x.Ended),
		Own: make([]time.Duration, 0, n),
	}
	for _, chunk := range x.Chunks {
		at := time.Duration(chunk.At)
		if k := len(c.Own); k > 0 {
			c.LongestGap = max(c.LongestGap, at-c.Own[k-1])
		}
		for range chunk.Tokens {
			c.Own = append(c.Own, at)
		}
	}
	if x.Failure != "" {
		c.Outcome, c.Reason = metrics.Failed, x.Failure
	} else {
		c.Finish = c.Last()
	}
	if firstDeadline != nil {
		c.Deadline = c.Request.Arrival + firstDeadline(x.Tenant, x.PromptTokens)
	}
	return c
}
