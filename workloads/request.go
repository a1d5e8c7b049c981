// Package workloads describes the requests that a cluster is asked to serve:
// when they arrive and how long their prompts and replies are.
package workloads

import "time"

// A Request is what a client sends. It never changes once it has been issued;
// its progress through a replica is kept by scheduler.Sequence.
type Request struct {
	ID           int           // number in order of issue, from 0
	Arrival      time.Duration // since the start of the run
	PromptTokens int
	OutputTokens int // the true length of the reply; a policy must not read it
	MaxTokens    int // the bound on the reply that a policy may know
	Tenant       string
	Class        string
	Prefix       *Prefix // what its tokens have in common with those of other requests; nil is nothing
}

// A Prefix names the tokens of a request from the first on, segment by segment.
// Tokens that it leaves out are the request's own. It may go on beyond the
// prompt: then it names the reply as well, which a later turn of the same
// conversation sends again. Requests may share one.
type Prefix struct{ Segments []Segment }

// A Segment is a piece of a prefix. Wherever two requests have a segment of the
// same stream, its tokens and all tokens before it are the same.
type Segment struct {
	Stream uint64
	Tokens int
}

// A Source yields requests in order of arrival.
type Source interface {
	// Next returns the next request, or false once there are no more.
	Next() (Request, bool)
}

// A Conversation is a Source whose clients react to replies: closed loops
// and sessions.
type Conversation interface {
	Source

	// FollowUp returns the request that a client sends after its request r was
	// done with at time now, or false if the client stops. The arrival of the
	// follow-up is at or after now.
	FollowUp(r Request, now time.Duration) (Request, bool)
}
