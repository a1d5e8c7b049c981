package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// crash makes a replica lose all that it has, its KV cache included, until it is
// repaired; a repair time of 0 is never. One that is not on cannot crash.
func (f *feed) crash(replica int, repair, now time.Duration) {
	lanes := f.lanes[replica]
	s := lanes[0].status
	if s.lacks&(off|starting|broken) != 0 {
		return
	}
	s.crashes++
	f.set(s, broken, true, now)
	victims := f.orphans(lanes, now)
	for _, r := range lanes {
		victims = append(victims, r.crash(now)...)
	}
	restart(lanes)
	f.await(lanes[0], repair, now)
	slices.SortFunc(victims, func(a, b *scheduler.Sequence) int { return cmp.Compare(a.ID, b.ID) })
	for _, v := range victims {
		f.retry(v, lanes[0].iteration.Pool, now)
	}
}

// await makes a replica that has crashed come back once it is repaired. What is not
// repaired is given back, if it can be provisioned anew; else it is gone, and if it
// was the last of its tier nobody needs to wait any longer.
func (f *feed) await(r *Replica, repair, now time.Duration) {
	s, crash := r.status, r.status.crashes
	switch {
	case s.lacks&draining != 0, s.scaled && repair == 0:
		f.turnOff(r, now)
	case repair == 0:
		if s.tier.gone++; s.tier.gone == len(s.tier.lanes) {
			f.open(s.tier, now)
		}
	default:
		f.agenda.add(now+repair, func(now time.Duration) {
			if s.crashes == crash && s.lacks&broken != 0 {
				f.set(s, broken, false, now)
			}
		})
	}
}

// retry sends a request again whose replica has crashed, or ends it.
func (f *feed) retry(s *scheduler.Sequence, pool int, now time.Duration) {
	s.Handover = false
	if s.Retries >= f.retries {
		f.turnAway(s, fate{metrics.Failed, metrics.Crash, f.crashed()}, pool, now)
		return
	}
	s.Restart()
	f.send(f.tier(s.Request), handover{seq: s}, now)
}

// crashed is why a request fails that is not sent again.
func (f *feed) crashed() string {
	if f.retries == 0 {
		return "its replica has crashed"
	}
	return fmt.Sprintf("its replica has crashed, after %d retries", f.retries)
}

// orphans takes out the sequences elsewhere whose KV cache is still to come from a
// replica that crashes.
func (f *feed) orphans(from []*Replica, now time.Duration) (victims []*scheduler.Sequence) {
	fromHere := func(h handover) bool { return slices.Contains(from, h.from) }
	for _, h := range f.decodes.door {
		if fromHere(h) {
			h.from.batch.Release(h.kv)
			victims = append(victims, h.seq)
		}
	}
	f.decodes.door = slices.DeleteFunc(f.decodes.door, fromHere)
	for _, lanes := range f.decodes.lanes {
		for _, r := range lanes {
			victims = append(victims, r.orphans(from, now)...)
		}
	}
	return victims
}

// orphans takes out the sequences that are here and whose KV cache is not. Those
// that were given up anyway stay until the next plan.
func (r *Replica) orphans(from []*Replica, now time.Duration) (victims []*scheduler.Sequence) {
	for _, h := range r.inbox {
		if slices.Contains(from, h.from) {
			victims = append(victims, h.seq)
		}
	}
	for _, c := range r.incoming {
		if slices.Contains(from, c.from) {
			victims = append(victims, c.seq)
		}
	}
	if victims == nil {
		return nil
	}
	for _, s := range victims {
		r.drop(s, now)
	}
	victims = slices.DeleteFunc(victims, func(s *scheduler.Sequence) bool { return s.Aborted })
	for _, s := range victims {
		r.leave(s)
	}
	r.publish(r.batch.Running())
	r.feed.engine.WakeAt(r.actor, now)
	return victims
}

// crash ends the iteration in progress, of which nothing comes, and returns the
// sequences that were here.
func (r *Replica) crash(now time.Duration) (victims []*scheduler.Sequence) {
	r.takeOut(now)
	for _, s := range r.present {
		if s.Running() {
			r.batch.Abort(s)
		} else {
			r.drop(s, now)
		}
	}
	r.batch.Cancel()
	for _, o := range r.outgoing {
		r.batch.Release(o.kv)
	}
	victims = slices.Clone(r.present)
	r.present, r.arrived, r.outgoing = r.present[:0], r.arrived[:0], r.outgoing[:0]
	r.busy = false
	r.publish(0)
	return victims
}

// restart makes the lanes of a replica, which hold nothing, as if they were new.
func restart(lanes []*Replica) {
	for _, r := range lanes {
		r.policy = r.newPolicy()
		r.refuser, _ = r.policy.(scheduler.Refuser)
		r.fetchedBy = 0
	}
	r := lanes[0]
	r.batch.Forget()
	r.port.sends, r.port.receives = 0, 0
	if r.pipeline != nil {
		clear(r.pipeline.free)
	}
}
