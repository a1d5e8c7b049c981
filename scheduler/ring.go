package scheduler

import (
	"cmp"
	"slices"
)

// A ring places every replica at many points of the range of hashes. A key
// belongs to the first point at or after its hash, so that a replica that comes
// or goes moves few keys.
type ring []point

type point struct {
	hash    uint64
	replica int
}

const pointsPerReplica = 128

func newRing(replicas int) ring {
	r := make(ring, 0, replicas*pointsPerReplica)
	for i := range replicas {
		for p := range pointsPerReplica {
			r = append(r, point{mix(uint64(i)<<32 | uint64(p)), i})
		}
	}
	slices.SortFunc(r, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.replica, b.replica))
	})
	return r
}

// find returns the place of the point that a key belongs to.
func (r ring) find(key uint64) int {
	i, _ := slices.BinarySearchFunc(r, key, func(p point, key uint64) int { return cmp.Compare(p.hash, key) })
	return i % len(r)
}

// mix spreads the bits of x (the finisher of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
