package report

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"metronome/metrics"
)

// A sample keeps the requests with the smallest hashes of seed and request
// number, so that the shards of a run choose the same.
type sample struct {
	seed uint64
	most int // requests
	seen int
	kept byHash // a heap, the greatest hash first
}

const (
	mostSampled = 2000
	mostWorst   = 20

	// mostTokens bounds the token times of a page, which are most of its bytes.
	mostTokens = 600_000
)

// A reply is a request with the times of its tokens since its arrival.
type reply struct {
	id     int
	hash   uint64
	prompt int
	tenant string
	served bool
	due    time.Duration // D_p; 0 if there is none

	arrival, admitted, finish time.Duration // since the start of the run
	outcome                   metrics.Outcome
	preemptions               int

	tokens []time.Duration
	life   *life // nil if nobody has seen it
}

func newReply(c *metrics.Completion) reply {
	p := reply{
		id: c.Request.ID, prompt: c.Request.PromptTokens, tenant: c.Request.Tenant,
		served:  c.Outcome == metrics.Finished && c.Tokens() > 0,
		arrival: c.Request.Arrival, admitted: c.Admitted, finish: c.Finish, outcome: c.Outcome, preemptions: c.Preemptions,
	}
	if c.Deadline > 0 {
		p.due = c.Deadline - c.Request.Arrival
	}
	if p.served {
		p.tokens = slices.Concat(c.Own, c.Steps)
		for i := range p.tokens {
			p.tokens[i] -= c.Request.Arrival
		}
	}
	return p
}

// add counts a request, and returns the reply if it is kept for now.
func (s *sample) add(c *metrics.Completion) *reply {
	s.seen++
	if !s.wants(c.Request.ID) {
		return nil
	}
	p := newReply(c)
	p.hash = s.hash(c.Request.ID)
	s.keep(&p)
	return &p
}

// keep adds a reply that is wanted.
func (s *sample) keep(p *reply) {
	if len(s.kept) == s.most {
		heap.Pop(&s.kept)
	}
	heap.Push(&s.kept, p)
}

// merge adds what another sample of the same run has kept.
func (s *sample) merge(o *sample) {
	s.seen += o.seen
	for _, p := range o.kept {
		if s.wants(p.id) {
			s.keep(p)
		}
	}
}

// wants reports whether a request would be kept, if it were over now. What is kept in
// the end was wanted all the time.
func (s *sample) wants(id int) bool { return len(s.kept) < s.most || s.hash(id) < s.kept[0].hash }

func (s *sample) hash(id int) uint64 { return mix(s.seed ^ mix(uint64(id))) }

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// replies returns the sample in order of hash, cut where its tokens get too many.
func (s *sample) replies() []*reply {
	all := slices.SortedFunc(slices.Values(s.kept), func(a, b *reply) int { return cmp.Compare(a.hash, b.hash) })
	tokens := 0
	for i, p := range all {
		if tokens += len(p.tokens); tokens > mostTokens {
			return all[:i]
		}
	}
	return all
}

// byHash implements heap.Interface.
type byHash []*reply

func (h byHash) Len() int           { return len(h) }
func (h byHash) Less(i, j int) bool { return h[i].hash > h[j].hash }
func (h byHash) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *byHash) Push(x any) { *h = append(*h, x.(*reply)) }

// Pop implements heap.Interface.
func (h *byHash) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// worst keeps the finished requests with the lowest fluidity-index, and of equal
// ones those with the longest stall.
type worst []ranked

type ranked struct {
	reply
	index float64
	stall time.Duration
}

func (w *worst) add(c *metrics.Completion, target time.Duration) {
	s := metrics.ScoreOf(c, target)
	met, total := s.Fluidity(metrics.Reset)
	r := ranked{reply: reply{id: c.Request.ID}, index: float64(met) / float64(total), stall: c.LongestGap}
	if at, _ := slices.BinarySearchFunc(*w, r, compareRanked); at < mostWorst {
		r.reply = newReply(c)
		w.insert(at, r)
	}
}

func (w *worst) insert(at int, r ranked) {
	*w = slices.Insert(*w, at, r)
	*w = (*w)[:min(len(*w), mostWorst)]
}

// merge adds the worst of others.
func (w *worst) merge(o worst) {
	for _, r := range o {
		at, _ := slices.BinarySearchFunc(*w, r, compareRanked)
		w.insert(at, r)
	}
}

func compareRanked(a, b ranked) int {
	return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(b.stall, a.stall), cmp.Compare(a.id, b.id))
}
