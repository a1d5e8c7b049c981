package sim

import (
	"slices"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A Host is the second tier of a replica's prefix cache, in the memory of its host.
type Host struct {
	Blocks int // 0 is none
	Link       // to the GPU
}

// A fetch is KV blocks on their way from the host to the sequence that waits for them.
type fetch struct {
	at  time.Duration
	seq *scheduler.Sequence
}

// beginFetches sends for what the latest plan wants from the host, one after another.
func (r *Replica) beginFetches(now time.Duration) {
	for s, tokens := range r.batch.Fetches {
		start := max(now, r.fetchedBy)
		r.fetchedBy = start + r.host.Latency + r.host.duration(tokens)
		r.fetching = append(r.fetching, fetch{r.fetchedBy, s})
		replica := r.iteration.Replica
		r.feed.show(&metrics.Transfer{Request: s.ID, From: replica, To: replica, Tokens: tokens, Ready: now, Start: start, End: r.fetchedBy})
	}
}

// endFetches hands the policy the sequences whose blocks are here. It puts them ahead
// of those that wait, so the first of them comes last.
func (r *Replica) endFetches(now time.Duration) {
	n := 0
	for n < len(r.fetching) && r.fetching[n].at <= now {
		n++
	}
	if n == 0 {
		return
	}
	for _, f := range slices.Backward(r.fetching[:n]) {
		r.batch.Fetched(f.seq)
		r.policy.Add(f.seq)
	}
	r.fetching = slices.Delete(r.fetching, 0, n)
}

// forgoFetch takes out s, if it has fetched anything or waits for it.
func (r *Replica) forgoFetch(s *scheduler.Sequence) {
	r.batch.Drop(s)
	r.fetching = slices.DeleteFunc(r.fetching, func(f fetch) bool { return f.seq == s })
}
