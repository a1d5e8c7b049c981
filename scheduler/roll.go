package scheduler

// A roll lists the replicas that are not down. Its zero value has not been called.
type roll struct {
	up   []int
	down []bool // that were when it was called last; nil if it has to be called anew
}

// mark notes that a replica may have gone down or come back.
func (r *roll) mark(loads []Load, replica int) {
	if r.down != nil && r.down[replica] != loads[replica].Down {
		r.down = nil
	}
}

// call returns the replicas that are not down, in order.
func (r *roll) call(loads []Load) []int {
	if r.down != nil {
		return r.up
	}
	r.up, r.down = r.up[:0], make([]bool, len(loads))
	for i := range loads {
		if r.down[i] = loads[i].Down; !r.down[i] {
			r.up = append(r.up, i)
		}
	}
	return r.up
}
