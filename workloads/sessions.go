package workloads

import (
	"cmp"
	"errors"
	"time"
)

// A SessionSpec is the table [workload.sessions]: what arrives are conversations
// of several turns. Every turn sends all that was said before again, so that
// the prompt grows by each prompt and reply.
type SessionSpec struct {
	Turns *int           `toml:"turns,omitempty"` // requests of a session
	Think *time.Duration `toml:"think,omitempty"` // from the end of a reply to the next request; 0 unless given
}

// Validate names the first key whose value makes no sense.
func (s SessionSpec) Validate() error {
	if s.Turns == nil && s.Think != nil {
		return errors.New("workload.sessions.turns: missing (think needs it)")
	}
	return cmp.Or(
		within("workload.sessions.turns", s.Turns, 1, 1<<20),
		notNegative("workload.sessions.think", or(s.Think, 0)),
	)
}

// sessions are an open loop of conversations, each of which is a closed loop of
// turns. The lengths of all turns are drawn when a session starts, so that they
// do not depend on how it is served.
type sessions struct {
	feed
	turns   int
	think   time.Duration
	context int // tokens; a session ends before a turn that would exceed it; 0 is no bound
	under   map[int]*session
	started uint64
}

// A session is a conversation under way, kept by the number of its latest request.
type session struct {
	turns []row  // to come
	said  int    // tokens so far
	of    Prefix // what the session has said: its streams, the last without end
}

// endless is more tokens than any session has.
const endless = 1 << 40

// Next implements Source: it starts a session.
func (s *sessions) Next() (Request, bool) {
	c := new(session)
	for range s.turns {
		if s.issued >= s.limit || !s.draw() {
			break
		}
		c.turns = append(c.turns, s.row)
	}
	if len(c.turns) == 0 {
		return Request{}, false
	}
	at := s.clock.arrival(&c.turns[0])
	if at >= s.end {
		s.limit = 0
		return Request{}, false
	}
	if shared := c.turns[0].prefix; shared != nil {
		c.of.Segments = append(c.of.Segments, shared.Segments...)
	}
	c.of.Segments = append(c.of.Segments, Segment{Stream: sessionStreams | s.started, Tokens: endless})
	s.started++
	return s.turn(c, at), true
}

// FollowUp implements Conversation: it sends the next turn.
func (s *sessions) FollowUp(r Request, now time.Duration) (Request, bool) {
	c := s.under[r.ID]
	delete(s.under, r.ID)
	at := now + s.think
	if c == nil || at >= s.end || s.issued >= s.limit {
		return Request{}, false
	}
	if next := c.turns[0]; s.context > 0 && c.said+next.prompt+next.output > s.context {
		return Request{}, false
	}
	return s.turn(c, at), true
}

// turn issues the next turn of a session.
func (s *sessions) turn(c *session, at time.Duration) Request {
	next := c.turns[0]
	c.turns = c.turns[1:]
	next.prompt += c.said
	next.prefix = &c.of
	c.said = next.prompt + next.output
	r := s.issue(&next, at)
	if len(c.turns) > 0 {
		s.under[r.ID] = c
	}
	return r
}
