package scheduler

// A census counts the sequences of all replicas that are not down, and those replicas.
type census struct {
	counted             []int // sequences of each; -1 if it is down
	sequences, replicas int
}

// begin counts all loads, unless that has been done.
func (c *census) begin(loads []Load) {
	if c.counted != nil {
		return
	}
	c.counted = make([]int, len(loads))
	for i := range loads {
		c.counted[i] = down
		c.recount(loads, i)
	}
}

const down = -1

// recount counts a replica anew, once the census has begun.
func (c *census) recount(loads []Load, replica int) {
	if c.counted == nil {
		return
	}
	if n := c.counted[replica]; n != down {
		c.sequences -= n
		c.replicas--
	}
	c.counted[replica] = down
	if l := &loads[replica]; !l.Down {
		c.counted[replica] = l.Sequences()
		c.sequences += l.Sequences()
		c.replicas++
	}
}

// times returns a multiple of the mean of sequences, with one more than there are.
func (c *census) times(factor float64) float64 {
	return factor * float64(c.sequences+1) / float64(c.replicas)
}
