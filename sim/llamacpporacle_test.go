package sim

import "slices"

// llamacpp lets those in whose turn the lock is, and then gives slots that were empty
// after the plan before to those who wait.
func (o *oracle) llamacpp() {
	o.plans++
	idle := len(o.running) == 0 // nobody holds the lock
	o.letIn(o.plans)
	o.promise(o.empty)
	if idle {
		o.promise(o.Slots)
		o.letIn(o.plans + 1)
	}
	o.empty = o.Slots - o.occupied()
	o.decodes()
	for _, s := range o.running {
		if s.remaining() > 0 {
			o.prefill(s, o.LongestChunk)
		}
	}
}

// occupied counts the slots that are taken or promised.
func (o *oracle) occupied() int {
	n := len(o.running)
	for _, s := range o.waiting {
		if s.enters > 0 {
			n++
		}
	}
	return n
}

func (o *oracle) promise(slots int) {
	for _, s := range o.waiting {
		if s.enters == 0 && slots > 0 && o.occupied() < o.Slots {
			s.enters = o.plans + 1
			slots--
		}
	}
}

func (o *oracle) letIn(plan int) {
	for len(o.waiting) > 0 && o.waiting[0].enters > 0 && o.waiting[0].enters <= plan && o.fits(o.waiting[0], o.waiting[0].PromptTokens+o.waiting[0].max) {
		s := o.waiting[0]
		for s.seat = 0; slices.ContainsFunc(o.running, func(r *visited) bool { return r.seat == s.seat }); {
			s.seat++
		}
		o.admit()
		o.take(s, s.PromptTokens+s.max)
	}
}

// passes goes through the tokens of a plan one by one, as split_equal of llama.cpp does.
func (o *oracle) passes() (all, alone int) {
	left := map[int]int{} // tokens by slot
	for _, s := range o.running {
		left[s.seat] += s.plan
	}
	for {
		var set []int // neighbours
		for seat := range o.Slots {
			if left[seat] > 0 && (len(set) == 0 || set[len(set)-1] == seat-1) {
				set = append(set, seat)
			}
		}
		if len(set) == 0 {
			return all, alone
		}
		taken := 0
		for expand := true; expand; {
			for _, seat := range set {
				left[seat]--
				taken++
				expand = expand && left[seat] > 0
			}
			expand = expand && taken+len(set) <= o.LongestChunk
		}
		all++
		if taken == 1 {
			alone++
		}
	}
}
