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
// least loaded one where nobody holds any.
type PrefixCache struct {
	LoadCap float64
	even    Least
}

// Route implements Router. It costs O(replicas · blocks of the prompt).
func (p *PrefixCache) Route(r workloads.Request, loads []Load) int {
	sequences, replicas := total(loads)
	most := p.LoadCap * float64(sequences+1) / float64(replicas)
	best, longest := -1, 0
	for i := range loads {
		if loads[i].Down || float64(loads[i].Sequences()) > most {
			continue
		}
		if held := loads[i].Cache.Holds(r); held > longest {
			best, longest = i, held
		}
	}
	if best < 0 {
		return p.even.Route(r, loads)
	}
	return best
}
