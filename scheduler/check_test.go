package scheduler

import (
	"fmt"
	"slices"
)

// check recounts every sum of the batch by visiting all sequences.
func (b *Batch) check() error {
	running, decodes, context, used, fresh := 0, 0, 0, b.retained, 0
	opens := make([]int, b.blockSize)
	for s := range b.Members {
		running++
		if !s.decoding {
			used += s.blocks
			if s.blocks < b.BlocksFor(s.cached) {
				return fmt.Errorf("sequence %d holds %d blocks for %d tokens", s.ID, s.blocks, s.cached)
			}
			if s.Remaining() <= 0 || !slices.Contains(b.prefilling, s) {
				return fmt.Errorf("sequence %d neither decodes nor prefills", s.ID)
			}
			continue
		}
		decodes++
		context += b.Context(s)
		used += b.held(s)
		if b.decoding && b.opensNow(s) {
			used++
		}
		if s.open {
			opens[b.residue(s)]++
		} else if b.BlocksFor(b.Context(s)) > s.blocks {
			return fmt.Errorf("sequence %d has outgrown what it holds", s.ID)
		}
		if s.joined == b.step {
			fresh++
		}
		if !b.isDue(s) {
			return fmt.Errorf("sequence %d is not in the ring of last steps", s.ID)
		}
	}
	got := [...]int{b.running, b.size, b.context, b.used, len(b.fresh), len(b.prefilling)}
	want := [...]int{running, decodes, context, used, fresh, running - decodes}
	if got != want || !slices.Equal(opens, b.opens) {
		return fmt.Errorf("running, decodes, context, used, fresh, prefilling are %v, recounted %v; opens %v, recounted %v", got, want, b.opens, opens)
	}
	if b.used > b.blocks || b.running > b.slots {
		return fmt.Errorf("%v: more than %d blocks or %d slots", b, b.blocks, b.slots)
	}
	return nil
}

func (b *Batch) isDue(s *Sequence) bool {
	for m := b.due[s.last&(len(b.due)-1)]; m != nil; m = m.dueN {
		if m == s {
			return true
		}
	}
	return false
}
