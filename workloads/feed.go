package workloads

import (
	"math"
	"time"
)

// A row is what an origin tells of a request.
type row struct {
	at             time.Duration // recorded, from any point in time; 0 if it was not
	prompt, output int
	tenant, class  string
}

// rows yields rows, in order of recorded time.
type rows interface {
	// next fills in the next row, or returns false if there are no more.
	next(*row) bool
}

// A clock tells when the request of a row arrives.
type clock interface {
	arrival(*row) time.Duration
}

// paced arrivals follow a process at a rate; the first is at 0.
type paced struct {
	gaps    Gaps
	rate    float64 // requests per second
	elapsed float64 // in mean gaps
}

func (p *paced) arrival(*row) time.Duration {
	at := p.elapsed / p.rate * float64(time.Second)
	p.elapsed += p.gaps.Next()
	return bounded(at)
}

// recorded arrivals are those of the rows, moved so that the first is at 0, and scaled.
type recorded struct {
	start  time.Duration
	factor float64
}

func (r *recorded) arrival(row *row) time.Duration {
	if r.factor == 1 {
		return row.at - r.start
	}
	return bounded(float64(row.at-r.start) * r.factor)
}

// bounded rounds a time in nanoseconds and keeps it within longestSpan, which a
// rare draw of a heavy-tailed process could pass.
func bounded(ns float64) time.Duration {
	return time.Duration(math.Round(min(ns, float64(longestSpan))))
}

// A feed is an open loop: requests arrive whatever becomes of earlier ones.
type feed struct {
	rows           rows
	clock          clock
	prompt, output Lengths // in place of those of the row, if not nil

	limit  int           // most requests
	end    time.Duration // no request arrives at or after it
	issued int
	row    row // here, as it would escape from a call
}

// Next implements Source.
func (f *feed) Next() (Request, bool) {
	if f.issued >= f.limit || !f.rows.next(&f.row) {
		return Request{}, false
	}
	at := f.clock.arrival(&f.row)
	if at >= f.end {
		f.limit = 0
		return Request{}, false
	}
	return f.issue(at), true
}

// issue makes the row the next request.
func (f *feed) issue(at time.Duration) Request {
	r := Request{
		ID: f.issued, Arrival: at,
		PromptTokens: f.row.prompt, OutputTokens: f.row.output,
		Tenant: f.row.tenant, Class: f.row.class,
	}
	f.issued++
	if f.prompt != nil {
		r.PromptTokens = f.prompt.Next()
	}
	if f.output != nil {
		r.OutputTokens = f.output.Next()
	}
	return r
}

// Err returns why the feed ended early: a trace that was changed or removed
// while it was being played. It is nil otherwise.
func (f *feed) Err() error {
	if failing, ok := f.rows.(interface{ err() error }); ok {
		return failing.err()
	}
	return nil
}

// A loop is closed: each of its users sends a request, awaits the end of the
// reply, thinks, and sends the next. All start at 0.
type loop struct {
	feed
	users   int
	think   time.Duration
	started int
}

// Next implements Source.
func (l *loop) Next() (Request, bool) {
	if l.started == l.users {
		return Request{}, false
	}
	l.started++
	return l.send(0)
}

// FollowUp implements Conversation.
func (l *loop) FollowUp(_ Request, now time.Duration) (Request, bool) { return l.send(now + l.think) }

func (l *loop) send(at time.Duration) (Request, bool) {
	if at >= l.end || l.issued >= l.limit || !l.rows.next(&l.row) {
		return Request{}, false
	}
	return l.issue(at), true
}
