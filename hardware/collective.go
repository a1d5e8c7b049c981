package hardware

import "math"

// allReduce returns the cost of summing bytes over ranks that arrive within some
// seconds of each other, per doubling of their number.
func (g *GPU) allReduce(ranks int, bytes, sync float64) Cost {
	n := float64(ranks)
	c := Cost{Bytes: 2 * (n - 1) / n * bytes, Speed: g.linkSpeed(ranks)}
	if ranks == 1 {
		return Cost{}
	}
	alone := g.collective(ranks, bytes, c, func(k *Kernels) []Collective { return k.AllReduce })
	return c.taking(alone + sync*math.Log2(n))
}

// allToAll returns the cost of exchanging bytes per rank among ranks.
func (g *GPU) allToAll(ranks int, bytes float64) Cost {
	n := float64(ranks)
	c := Cost{Bytes: (n - 1) / n * bytes, Speed: g.linkSpeed(ranks)}
	if ranks == 1 {
		return Cost{}
	}
	return c.taking(g.collective(ranks, bytes, c, func(k *Kernels) []Collective { return k.AllToAll }))
}

// send returns the cost of sending bytes to the GPU of the next pipeline stage.
func (g *GPU) send(bytes float64) Cost {
	c := Cost{Bytes: bytes, Speed: g.Link.InterNodeGBps * 1e9}
	return c.taking(sendLatency + bytes/(c.Speed*bestLink))
}

// linkSpeed returns the bytes per second between ranks, in one direction.
func (g *GPU) linkSpeed(ranks int) float64 {
	if ranks > g.Link.GPUsPerNode {
		return g.Link.InterNodeGBps * 1e9
	}
	return g.Link.IntraNodeGBps * 1e9
}

// collective returns the seconds of a measured operation. Other numbers of ranks
// take the excess over the bound that the nearest measured number has.
func (g *GPU) collective(ranks int, bytes float64, c Cost, family func(*Kernels) []Collective) float64 {
	k := g.kernels()
	if k == nil || len(family(k)) == 0 || ranks > g.Link.GPUsPerNode {
		return reduceLatency + c.Bytes/(c.Speed*bestLink)
	}
	all := family(k)
	best := all[0]
	for _, m := range all {
		if square(math.Log(float64(m.Ranks)/float64(ranks))) < square(math.Log(float64(best.Ranks)/float64(ranks))) {
			best = m
		}
	}
	last := len(best.Bytes) - 1
	us := interpolate(best.Bytes, best.Micros, min(bytes, best.Bytes[last]))
	if bytes > best.Bytes[last] {
		us *= bytes / best.Bytes[last]
	}
	least := best.Micros[0]
	return (least + (us-least)*g.slower(ranks)) * 1e-6
}

// slower returns how much longer bytes take over the links of the GPU than over
// those that its collectives were measured on.
func (g *GPU) slower(ranks int) float64 {
	if g.Measured() || g.relative == nil {
		return 1
	}
	return g.relative.linkSpeed(ranks) / g.linkSpeed(ranks)
}
