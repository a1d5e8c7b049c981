package live

import (
	"context"
	"fmt"
	"time"

	"metronome/workloads"
)

// A Session plays a workload at an endpoint. Requests are sent when they arrive,
// whatever becomes of earlier ones; where the source is a Conversation, its users
// send the next request once they have the reply.
type Session struct {
	Endpoint *Endpoint // opened
	Prompter *Prompter
	Source   workloads.Source
	Seed     uint64 // of the text of prompts

	MaxInFlight int           // requests sent and not done with; 0 is no limit
	Timeout     time.Duration // of a request from when it is sent; 0 is DefaultTimeout

	// Ended is told of every exchange, in order of completion, by one goroutine. It
	// may keep them. Exchanges that an interrupt cut off are not among them.
	Ended func(*Exchange)

	// Sending is told of every request that is sent, by the same goroutine; may be nil.
	Sending func()

	// Pulse is told what is read of the streams in flight; may be nil.
	Pulse *Pulse
}

// DefaultTimeout bounds a request where nothing else is asked for.
const DefaultTimeout = 10 * time.Minute

// A Summary tells how a session went.
type Summary struct {
	Start   time.Time
	Cut     int // requests in flight when the session was interrupted
	Elapsed time.Duration
	Health  Health
}

// Run plays the workload until all requests are done with. If ctx is done it ends
// early: nothing more is sent, and what is in flight is dropped.
func (s *Session) Run(ctx context.Context) (Summary, error) {
	start := time.Now()
	p := &player{Session: s, start: start, ended: make(chan ending, 1<<10), decoded: make(chan *Exchange, 1<<10), decoding: make(chan struct{}, 1)}
	p.sender = newSender(s.Endpoint, positiveOr(s.Timeout, DefaultTimeout), p.now)
	p.sender.pulse = s.Pulse
	p.clients, _ = s.Source.(workloads.Conversation)
	p.next, p.more = s.Source.Next()
	health := watchHealth()
	p.play(ctx)
	sum := Summary{Start: start, Cut: p.cut, Elapsed: p.now(), Health: health()}
	if f, ok := s.Source.(interface{ Err() error }); ok && f.Err() != nil {
		return sum, f.Err()
	}
	return sum, p.err
}

func positiveOr(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// A player is a session in progress. All its fields belong to the goroutine of play.
type player struct {
	*Session
	start   time.Time
	sender  *sender
	clients workloads.Conversation // the source, if its clients react to replies

	next      workloads.Request // of the source, if more
	more      bool
	followUps []workloads.Request // not sent, in no order; as many as there are users at most
	ready     *outgoing           // made ahead of time

	inFlight int // requests
	open     int // goroutines
	freed    time.Duration
	cut      int
	err      error

	ended    chan ending
	decoded  chan *Exchange
	decoding chan struct{} // held by the only goroutine that decodes
}

// An ending tells that a reply has been read, so that its client goes on.
type ending struct {
	request workloads.Request
	at      time.Duration
	failed  bool
}

// An outgoing request is made before its time.
type outgoing struct {
	request workloads.Request
	body    []byte
}

func (p *player) now() time.Duration { return time.Since(p.start) }

// play sends what is due and listens to what has ended, until both are over.
func (p *player) play(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	stopped := ctx.Done()
	for {
		due := p.prepare()
		if !due && p.open == 0 && p.inFlight == 0 {
			return
		}
		var wake <-chan time.Time
		if due && (p.MaxInFlight == 0 || p.inFlight < p.MaxInFlight) {
			timer.Reset(p.ready.request.Arrival - p.now())
			wake = timer.C
		}
		select {
		case <-wake:
			p.send(ctx)
		case e := <-p.ended:
			p.react(e)
		case x := <-p.decoded:
			p.open--
			p.keep(x)
		case <-stopped:
			stopped, p.more, p.followUps, p.ready, p.clients = nil, false, nil, nil, nil
		}
	}
}

// prepare makes the next request, if there is one.
func (p *player) prepare() bool {
	earliest := -1
	for i, r := range p.followUps {
		if earliest < 0 || r.Arrival < p.followUps[earliest].Arrival {
			earliest = i
		}
	}
	r := p.next
	switch {
	case earliest >= 0 && (!p.more || p.followUps[earliest].Arrival < p.next.Arrival):
		r = p.followUps[earliest]
	case !p.more:
		return false
	}
	if p.ready != nil && p.ready.request.ID == r.ID {
		return true
	}
	prompt := p.Prompter.Prompt(r.PromptTokens, r.ID, workloads.Stream(p.Seed, fmt.Sprint("text ", r.ID)))
	body, err := p.Endpoint.body(prompt, r.OutputTokens, r.Tenant)
	if err != nil {
		p.more, p.followUps, p.err = false, nil, fmt.Errorf("live: %w", err)
		return false
	}
	p.ready = &outgoing{r, body}
	return true
}

// send sends the request that is ready.
func (p *player) send(ctx context.Context) {
	r, body := p.ready.request, p.ready.body
	p.ready = nil
	p.take(r.ID)
	x := &Exchange{
		ID: r.ID, Tenant: r.Tenant, Class: r.Class, Scheduled: int64(r.Arrival), Due: int64(max(r.Arrival, p.freed)),
		AskedPrompt: r.PromptTokens, AskedOutput: r.OutputTokens,
	}
	if p.MaxInFlight == 0 {
		x.Due = x.Scheduled
	}
	p.inFlight++
	p.open++
	go func() {
		in := p.sender.send(ctx, x, body)
		x.cut = ctx.Err() != nil && x.Failure != ""
		p.ended <- ending{r, time.Duration(x.Ended), x.Failure != ""}
		p.decoding <- struct{}{}
		p.sender.decode(x, in)
		<-p.decoding
		p.decoded <- x
	}()
	if p.Sending != nil {
		p.Sending()
	}
}

// take removes a request from those that are to be sent.
func (p *player) take(id int) {
	for i, r := range p.followUps {
		if r.ID == id {
			p.followUps = append(p.followUps[:i], p.followUps[i+1:]...)
			return
		}
	}
	p.next, p.more = p.Source.Next()
}

// rejectionPause is the least time that a client lets pass after a failure, so that
// a closed loop does not storm an endpoint that refuses everything.
const rejectionPause = 100 * time.Millisecond

// react lets a client go on.
func (p *player) react(e ending) {
	p.inFlight--
	p.freed = max(p.freed, e.at)
	if p.clients == nil {
		return
	}
	if e.failed {
		e.at += rejectionPause
	}
	if r, ok := p.clients.FollowUp(e.request, e.at); ok {
		p.followUps = append(p.followUps, r)
	}
}

// keep hands on an exchange that is complete.
func (p *player) keep(x *Exchange) {
	if x.cut {
		p.cut++
		return
	}
	p.Ended(x)
}
