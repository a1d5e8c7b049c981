package sim

import (
	"slices"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// A handover is a sequence that is sent to a replica. If it was prefilled on another
// one, its KV cache is there.
type handover struct {
	seq   *scheduler.Sequence
	from  *Replica // nil if it has none
	kv    scheduler.KV
	ready time.Duration // when it was done there
}

// An incoming sequence may join the batch once its KV cache is here.
type incoming struct {
	at   time.Duration
	seq  *scheduler.Sequence
	from *Replica
}

// An outgoing KV cache is released once it has been copied.
type outgoing struct {
	at time.Duration
	kv scheduler.KV
}

// handOver passes on s, which has its first token, to a replica that decodes it.
func (r *Replica) handOver(s *scheduler.Sequence, now time.Duration) {
	s.Handover = false
	r.leave(s)
	r.feed.send(&r.feed.decodes, handover{s, r, r.batch.Detach(s), now}, now)
	r.reaction = min(r.reaction, now)
}

// receive takes on a sequence that was sent here.
func (r *Replica) receive(h handover, now time.Duration) {
	if h.from == nil {
		r.accept(h.seq, now)
	} else {
		r.expectKV(h)
	}
}

// expectKV takes on a sequence whose KV cache is elsewhere.
func (r *Replica) expectKV(h handover) {
	h.seq.MaxTokens = r.limits.bound(h.seq.PromptTokens)
	h.seq.Lane = r.actor
	r.inbox = append(r.inbox, h)
	r.enter(h.seq)
}

// transferKV does what has become possible by now: KV caches that were copied from
// here are released, room is made for those that are to come, and sequences whose
// KV cache is here join the batch, or wait to.
func (r *Replica) transferKV(now time.Duration) {
	r.endFetches(now)
	for len(r.outgoing) > 0 && r.outgoing[0].at <= now {
		r.batch.Release(r.outgoing[0].kv)
		r.outgoing = pop(r.outgoing)
	}
	for len(r.inbox) > 0 && r.fetch(r.inbox[0], now) {
		r.inbox = pop(r.inbox)
	}
	for len(r.incoming) > 0 && r.incoming[0].at <= now {
		r.batch.Join(r.incoming[0].seq)
		r.incoming = pop(r.incoming)
	}
}

// fetch starts the transfer of a KV cache, if there is room for it. Sequences that
// wait for the policy come first: they were preempted, or prefill here.
func (r *Replica) fetch(h handover, now time.Duration) bool {
	if len(r.present) > r.batch.Running()+len(r.inbox)+len(r.incoming) {
		return false
	}
	missing, ok := r.batch.Reserve(h.seq)
	if !ok {
		return false
	}
	start, end := transfer(h.from.port, r.port, missing, now)
	r.feed.show(&metrics.Transfer{
		Request: h.seq.ID, From: h.from.iteration.Replica, To: r.iteration.Replica, Tokens: missing,
		Ready: h.ready, Start: start, End: end,
	})
	r.incoming = append(r.incoming, incoming{end, h.seq, h.from})
	h.from.outgoing = append(h.from.outgoing, outgoing{end, h.kv})
	r.wake(h.from, end)
	return true
}

// nextTransfer returns when a transfer to or from here ends next.
func (r *Replica) nextTransfer() time.Duration {
	next := Never
	if len(r.incoming) > 0 {
		next = r.incoming[0].at
	}
	if len(r.outgoing) > 0 {
		next = min(next, r.outgoing[0].at)
	}
	if len(r.fetching) > 0 {
		next = min(next, r.fetching[0].at)
	}
	return next
}

// drop takes out s, if its KV cache is not here yet, or waits here.
func (r *Replica) drop(s *scheduler.Sequence, now time.Duration) {
	r.forgoFetch(s)
	if i := slices.IndexFunc(r.inbox, func(h handover) bool { return h.seq == s }); i >= 0 {
		h := r.inbox[i]
		h.from.batch.Release(h.kv)
		for _, lane := range h.from.lanes { // any may wait for the blocks
			r.wake(lane, now)
		}
		r.inbox = slices.Delete(r.inbox, i, i+1)
	}
	if i := slices.IndexFunc(r.incoming, func(c incoming) bool { return c.seq == s }); i >= 0 {
		r.batch.Forgo(s)
		r.incoming = slices.Delete(r.incoming, i, i+1)
	}
}

// pop removes the first element of a short queue and keeps its memory.
func pop[T any](queue []T) []T { return queue[:copy(queue, queue[1:])] }
