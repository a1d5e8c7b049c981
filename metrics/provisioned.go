package metrics

import "time"

// provisioned is how many replicas of each pool there were over time, as far as that
// changed.
type provisioned struct{ pools map[int][]change }

// A change is replicas that were turned on, or off if delta is negative.
type change struct {
	at    time.Duration
	delta int
}

// Fleet implements FleetObserver.
func (p *provisioned) Fleet(at time.Duration, pool, delta int) {
	if p.pools == nil {
		p.pools = map[int][]change{}
	}
	p.pools[pool] = append(p.pools[pool], change{at, delta})
}

// merge adds the changes of pools that the other has seen. One of them has seen all
// of a pool, for a pool that is scaled is in one engine.
func (p *provisioned) merge(o *provisioned) {
	for pool, changes := range o.pools {
		for _, c := range changes {
			p.Fleet(c.at, pool, c.delta)
		}
	}
}

// scaled reports whether the replicas of a pool come and go.
func (p *provisioned) scaled(pool int) bool { return p.pools[pool] != nil }

// during returns the time that the replicas of a scaled pool were provisioned within a
// span, added up.
func (p *provisioned) during(s span, pool int) (total time.Duration) {
	for _, c := range p.pools[pool] {
		total += time.Duration(c.delta) * (s.last - min(max(c.at, s.first), s.last))
	}
	return total
}

// mean returns how many replicas of a pool were provisioned within a span in the mean,
// where so many are if their number does not change.
func (p *provisioned) mean(s span, pool, otherwise int) float64 {
	if !p.scaled(pool) || s.last == s.first {
		return float64(otherwise)
	}
	return p.during(s, pool).Seconds() / s.seconds()
}

// share returns the replicas that were provisioned in the mean over those of a pool as
// it is written, which its GPUs and its price are those of.
func (p *provisioned) share(s span, pool int, of Pool) float64 {
	if of.Replicas == 0 {
		return 1
	}
	return p.mean(s, pool, of.Replicas) / float64(of.Replicas)
}
