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
	prefix         *Prefix
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
	classes        *classes
	system         *systemPrompts

	limit  int           // most requests
	end    time.Duration // no request arrives at or after it
	issued int
	row    row // here, as it would escape from a call
}

// Next implements Source.
func (f *feed) Next() (Request, bool) {
	if f.issued >= f.limit || !f.draw() {
		return Request{}, false
	}
	at := f.clock.arrival(&f.row)
	if at >= f.end {
		f.limit = 0
		return Request{}, false
	}
	return f.issue(&f.row, at), true
}

// draw fills in the next row, or returns false if there are no more.
func (f *feed) draw() bool {
	f.row.prefix = nil
	if !f.rows.next(&f.row) {
		return false
	}
	if f.prompt != nil {
		f.row.prompt = f.prompt.Next()
	}
	if f.output != nil {
		f.row.output = f.output.Next()
	}
	if f.classes != nil {
		f.row.class = f.classes.next()
	}
	if f.system != nil {
		f.system.prepend(&f.row)
	}
	return true
}

// issue makes a row the next request.
func (f *feed) issue(r *row, at time.Duration) Request {
	f.issued++
	return Request{
		ID: f.issued - 1, Arrival: at, PromptTokens: r.prompt, OutputTokens: r.output,
		Tenant: r.tenant, Class: r.class, Prefix: r.prefix,
	}
}

// Err returns why the feed ended early: a trace that was changed or removed
// while it was being played. It is nil otherwise.
func (f *feed) Err() error {
	return failing(f.rows)
}

// failing returns why rows ended early, if they did.
func failing(r rows) error {
	if f, ok := r.(interface{ err() error }); ok {
		return f.err()
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
	if at >= l.end || l.issued >= l.limit || !l.draw() {
		return Request{}, false
	}
	return l.issue(&l.row, at), true
}
