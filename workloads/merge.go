package workloads

import (
	"container/heap"
	"fmt"
	"time"
)

// Source returns the requests of all tenants in order of arrival, numbered anew;
// of those that arrive together, the first tenant's come first. It is a
// Conversation if the tenants are Closed.
func (t Tenants) Source() (Source, error) {
	m := &merge{under: map[int]sent{}}
	for i, tenant := range t {
		source, err := tenant.Workload.Source()
		if err != nil {
			return nil, fmt.Errorf("tenant %q: %w", tenant.Name, err)
		}
		p := &part{Tenant: tenant, source: source, rank: i}
		p.clients, _ = source.(Conversation)
		m.all = append(m.all, p)
		if p.advance() {
			m.coming = append(m.coming, p)
		}
	}
	heap.Init(&m.coming)
	if t.Closed() {
		return conversing{m}, nil
	}
	return m, nil
}

// merge plays several sources as one. From each it draws the next request when
// its clients would have drawn it: once the one before has been taken.
type merge struct {
	all    []*part
	coming parts // those with a next request
	taken  bool  // the next request of the first of them
	issued int
	under  map[int]sent // requests that have a reaction, by number
}

// A part is the source of one tenant.
type part struct {
	Tenant
	source  Source
	clients Conversation // the source, if its clients react to replies
	rank    int          // in the order of tenants
	next    Request
}

// sent tells whose request one is, and its number there.
type sent struct {
	part *part
	id   int
}

func (p *part) advance() (more bool) {
	p.next, more = p.source.Next()
	return more
}

// Next implements Source.
func (m *merge) Next() (Request, bool) {
	if m.taken {
		if m.coming[0].advance() {
			heap.Fix(&m.coming, 0)
		} else {
			heap.Pop(&m.coming)
		}
	}
	if m.taken = len(m.coming) > 0; !m.taken {
		return Request{}, false
	}
	return m.issue(m.coming[0], m.coming[0].next), true
}

// issue makes the request of a tenant the next of all.
func (m *merge) issue(p *part, r Request) Request {
	if p.clients != nil {
		m.under[m.issued] = sent{p, r.ID}
	}
	r.ID, r.Tenant = m.issued, p.Name
	r.Arrival += p.Start
	r.Prefix = p.private(r.Prefix)
	m.issued++
	return r
}

// private returns a prefix that no other tenant has: tenants share no tokens.
func (p *part) private(prefix *Prefix) *Prefix {
	if prefix == nil {
		return nil
	}
	own := &Prefix{Segments: make([]Segment, len(prefix.Segments))}
	for i, s := range prefix.Segments {
		own.Segments[i] = Segment{Stream: s.Stream + uint64(p.rank)<<tenantBits, Tokens: s.Tokens}
	}
	return own
}

// Err returns why a source ended early, if one did.
func (m *merge) Err() error {
	for _, p := range m.all {
		if err := failure(p.source); err != nil {
			return fmt.Errorf("tenant %q: %w", p.Name, err)
		}
	}
	return nil
}

// conversing is a merge of sources of which some are conversations.
type conversing struct{ *merge }

// FollowUp implements Conversation: it asks the source that the request came from.
func (m conversing) FollowUp(r Request, now time.Duration) (Request, bool) {
	s, reacts := m.under[r.ID]
	if !reacts {
		return Request{}, false
	}
	delete(m.under, r.ID)
	r.ID = s.id
	r, ok := s.part.clients.FollowUp(r, now-s.part.Start)
	if !ok {
		return Request{}, false
	}
	return m.issue(s.part, r), true
}

// tenantBits are the bits of the number of a stream that are the tenant's own: no
// hash_id has more, and no tenant as many sessions.
const tenantBits = 32

// parts is a heap by arrival of the next request.
type parts []*part

func (h parts) Len() int { return len(h) }
func (h parts) Less(i, j int) bool {
	a, b := h[i].next.Arrival+h[i].Start, h[j].next.Arrival+h[j].Start
	return a < b || a == b && h[i].rank < h[j].rank
}
func (h parts) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *parts) Push(x any)   { *h = append(*h, x.(*part)) }
func (h *parts) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
