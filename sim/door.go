package sim

import (
	"slices"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// atDoor is where sequences are that are on no replica.
const atDoor = -1

// send hands a request to a replica of a tier, or lets it wait at the door while
// all are down. If none ever comes back, it fails.
func (f *feed) send(t *tier, h handover, now time.Duration) {
	switch {
	case t.up > 0:
		lane := t.lane(h.seq.Request, now)
		lane.receive(h, now)
		f.engine.WakeAt(lane.actor, now)
	case t.gone == len(t.lanes):
		f.letGo(h, now)
		f.turnAway(h.seq, noneLeft, metrics.NoPool, now)
	default:
		h.seq.Lane = atDoor
		t.door = append(t.door, h)
	}
}

// open sends on those who wait at the door of a tier.
func (f *feed) open(t *tier, now time.Duration) {
	waiting := t.door
	t.door = nil
	for _, h := range waiting {
		f.send(t, h, now)
	}
}

// leaveDoor takes s away from the door where it waits.
func (f *feed) leaveDoor(s *scheduler.Sequence, now time.Duration) {
	for _, t := range []*tier{&f.prompts, &f.decodes} {
		if i := slices.IndexFunc(t.door, func(h handover) bool { return h.seq == s }); i >= 0 {
			f.letGo(t.door[i], now)
			t.door = slices.Delete(t.door, i, i+1)
		}
	}
}

// letGo releases the KV cache of a sequence that nobody fetches any more.
func (f *feed) letGo(h handover, now time.Duration) {
	if h.from != nil {
		h.from.batch.Release(h.kv)
		f.engine.WakeAt(h.from.actor, now)
	}
}
