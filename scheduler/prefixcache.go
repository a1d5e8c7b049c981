package scheduler

import (
	"math/rand/v2"

	"metronome/workloads"
)

func init() {
	RegisterRouter(RouterKind{
		Name: "prefix-cache", Doc: "the replica whose cache holds most of the prompt, unless it has more sequences than a cap", Keys: []string{"load_cap"},
		New: func(s RouterSpec, _ *rand.Rand) Router {
			limit := 1.5
			if s.LoadCap != nil {
				limit = *s.LoadCap
			}
			return &PrefixCache{LoadCap: limit, even: Least{Of: (*Load).Sequences}}
		},
	})
}

// PrefixCache looks into the caches: it takes the replica that holds the longest
// part of the prompt and has at most LoadCap times the mean of sequences, or the
// least loaded one where nobody holds any. What caches hold it sees as it is now,
// however old the loads are.
type PrefixCache struct {
	LoadCap float64
	even    Least
	census  census
	held    []heldBlocks // for each block size
}

// heldBlocks are the blocks of the caches that have blocks of one size.
type heldBlocks struct {
	blockSize int
	by        holders
}

// Changed implements Follower.
func (p *PrefixCache) Changed(loads []Load, replica int) {
	p.census.recount(loads, replica)
	p.even.Changed(loads, replica)
}

// Route implements Router. It costs O(log replicas + blocks of the prompt), and O(1)
// for each replica that holds a part of the prompt and has too much to do.
func (p *PrefixCache) Route(r workloads.Request, loads []Load) int {
	p.begin(loads)
	most := p.census.times(p.LoadCap)
	suits := func(i int) bool { return !loads[i].Down && float64(loads[i].Sequences()) <= most }
	holds := func(i int) int { return loads[i].Cache.Holds(r) }
	best, longest := -1, 0
	for _, h := range p.held {
		i, tokens := h.by.longest(r, h.blockSize, holds, suits)
		if tokens > longest || tokens == longest && i >= 0 && i < best {
			best, longest = i, tokens
		}
	}
	if best < 0 {
		return p.even.Route(r, loads)
	}
	return best
}

// begin lets the caches tell what they hold, unless they do already.
func (p *PrefixCache) begin(loads []Load) {
	if p.census.counted != nil {
		return
	}
	p.census.begin(loads)
	for i := range loads {
		if c := loads[i].Cache; c != nil && c.pool != nil {
			c.pool.tell(p.blocks(c.blockSize), i)
		}
	}
}

// blocks returns the holders of blocks of a size.
func (p *PrefixCache) blocks(size int) holders {
	for _, h := range p.held {
		if h.blockSize == size {
			return h.by
		}
	}
	p.held = append(p.held, heldBlocks{size, holders{}})
	return p.held[len(p.held)-1].by
}
