package scheduler

import (
	"fmt"
	"slices"
)

// check recounts every sum of the batch by visiting all sequences.
func (b *Batch) check() error {
	running, decodes, context, used, fresh := 0, 0, 0, b.retained, 0
	opens := make([]int, b.blockSize)
	named := map[*block]int{}
	for _, s := range b.leaving {
		used += s.blocks - len(s.named)
		for _, n := range s.named {
			named[n]++
		}
	}
	for _, s := range b.holding {
		used += s.blocks - len(s.named)
		if !s.fetched || s.Running() || s.blocks < b.BlocksFor(s.cached+s.coming) {
			return fmt.Errorf("sequence %d waits with %d blocks for %d tokens and %d to come", s.ID, s.blocks, s.cached, s.coming)
		}
		for _, n := range s.named {
			named[n]++
		}
	}
	for s := range b.Members {
		running++
		for _, n := range s.named {
			named[n]++
		}
		used -= len(s.named)
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
	used += len(named)
	if err := b.pool.check(named, b.blocks-used); err != nil {
		return err
	}
	got := [...]int{b.running, b.size, b.context, b.used, len(b.fresh), len(b.prefilling)}
	want := [...]int{running, decodes, context, used, fresh, running - decodes}
	if got != want || !slices.Equal(opens, b.opens) {
		return fmt.Errorf("running, decodes, context, used, fresh, prefilling are %v, recounted %v; opens %v, recounted %v", got, want, b.opens, opens)
	}
	if err := b.host.check(); err != nil {
		return err
	}
	if b.used > b.blocks || b.running+len(b.leaving) > b.slots {
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

// check recounts the blocks on the host.
func (h *host) check() error {
	if h == nil {
		return nil
	}
	listed := 0
	for at := h.ends.next; at != &h.ends; at = at.next {
		if listed++; h.known[at.key] != at {
			return fmt.Errorf("block %+v is on the host, and nobody knows it", at.key)
		}
	}
	if listed != len(h.known) || listed > h.size {
		return fmt.Errorf("the host lists %d blocks, knows %d and has room for %d", listed, len(h.known), h.size)
	}
	return nil
}

// check recounts references and free blocks.
func (p *pool) check(named map[*block]int, free int) error {
	if p == nil {
		return nil
	}
	for at := p.ends.next; at != &p.ends; at = at.next {
		free -= max(at.count, 1)
		if at.refs != 0 {
			return fmt.Errorf("a free block has %d references", at.refs)
		}
	}
	if free != 0 {
		return fmt.Errorf("the free list lacks %d blocks", free)
	}
	for _, first := range p.cached {
		for b := first; b != nil; b = b.twin {
			if b.refs != named[b] {
				return fmt.Errorf("a block has %d references, recounted %d", b.refs, named[b])
			}
		}
	}
	return nil
}
