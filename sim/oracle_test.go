package sim

import (
	"cmp"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/workloads"
)

// A visited sequence of the oracle.
type visited struct {
	workloads.Request
	life
	max, target, cached, blocks, plan int
}

func (s *visited) remaining() int { return s.target - s.cached }

// An oracle simulates a replica in the plainest way: it visits every sequence
// in every iteration.
type oracle struct {
	setting
	now              time.Duration
	waiting, running []*visited // in the order of the line; in order of admission
	used, planned    int
	preempted        bool
	turn, decoded    int // of the policies that remember
	held             int // blocks of sequences that finished in a static batch
}

func (o *oracle) blocksFor(tokens int) int { return (tokens + o.BlockSize - 1) / o.BlockSize }

func (o *oracle) take(s *visited, tokens int) {
	n := max(s.blocks, o.blocksFor(tokens))
	o.used += n - s.blocks
	s.blocks = n
}

func (o *oracle) fits(s *visited, tokens int) bool {
	return o.used+o.blocksFor(tokens)-s.blocks <= o.Blocks
}

func (o *oracle) prefill(s *visited, n int) {
	n = min(n, s.remaining())
	if n > 0 {
		o.take(s, s.cached+n)
		s.plan = n
		o.planned += n
	}
}

func (o *oracle) admit() *visited {
	s := o.waiting[0]
	o.waiting = o.waiting[1:]
	if s.Admitted < 0 {
		s.Admitted = o.now
	}
	o.running = append(o.running, s)
	return s
}

// evict preempts the sequence admitted last.
func (o *oracle) evict() *visited {
	s := o.running[len(o.running)-1]
	o.running = o.running[:len(o.running)-1]
	o.used -= s.blocks
	o.planned -= s.plan
	s.blocks, s.cached, s.plan, s.target = 0, 0, 0, s.PromptTokens+len(s.Times)
	s.Preemptions++
	o.preempted = true
	o.wait(s)
	return s
}

// wait puts s where its policy wants it in the line.
func (o *oracle) wait(s *visited) {
	rank := map[string]func(*visited) time.Duration{
		"sjf": func(s *visited) time.Duration { return time.Duration(s.PromptTokens) },
		"edf": func(s *visited) time.Duration { return s.Arrival + deadline(s.PromptTokens) },
	}[o.Policy]
	switch {
	case rank != nil:
		o.waiting = append(o.waiting, s)
		slices.SortFunc(o.waiting, func(a, b *visited) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
		})
	case s.Preemptions > 0:
		o.waiting = slices.Insert(o.waiting, 0, s)
	default:
		o.waiting = append(o.waiting, s)
	}
}

// decodes plans a token for every sequence that decodes, in order of admission.
func (o *oracle) decodes() {
	for i := 0; i < len(o.running); i++ {
		s := o.running[i]
		if s.remaining() > 0 {
			continue
		}
		for !o.fits(s, s.cached+1) {
			if o.evict() == s {
				return
			}
		}
		o.take(s, s.cached+1)
		s.plan = 1
		o.planned++
	}
}

func (o *oracle) vllm() {
	// Decodes come first; with one prompt at a time partly cached, that is the order of vLLM's list of running sequences.
	o.decodes()
	for i := 0; i < len(o.running); i++ {
		s := o.running[i]
		if s.remaining() == 0 {
			continue
		}
		n := min(s.remaining(), o.LongestChunk, o.Budget-o.planned)
		there := true
		for there && !o.fits(s, s.cached+n) {
			there = o.evict() != s
		}
		if !there {
			break
		}
		o.prefill(s, n)
	}
	for !o.preempted && len(o.waiting) > 0 && len(o.running) < o.Slots {
		n := min(o.waiting[0].remaining(), o.LongestChunk, o.Budget-o.planned)
		if n <= 0 || !o.fits(o.waiting[0], n) {
			return
		}
		o.prefill(o.admit(), n)
	}
}

func (o *oracle) watermark(s *visited) bool {
	return len(o.running) == 0 || len(o.running) < o.Slots && o.used+o.blocksFor(s.remaining())+o.Blocks/100 <= o.Blocks
}

func (o *oracle) vllmV0() {
	for len(o.waiting) > 0 {
		s := o.waiting[0]
		alone := o.planned == 0 && s.Preemptions > 0
		if !o.watermark(s) || s.remaining() > o.Budget-o.planned && !alone {
			break
		}
		o.prefill(o.admit(), s.remaining())
	}
	if o.planned == 0 {
		o.decodes()
	}
}

func (o *oracle) sarathi() {
	prompts := func() {
		limit := func() int {
			left := o.Budget - o.planned
			if left > 0 && o.Whole {
				return 1 << 40
			}
			return min(left, o.LongestChunk)
		}
		for _, s := range o.running {
			if s.remaining() > 0 {
				o.prefill(s, limit())
			}
		}
		for len(o.waiting) > 0 && limit() > 0 && o.watermark(o.waiting[0]) {
			s := o.admit()
			o.take(s, s.remaining())
			o.prefill(s, limit())
		}
	}
	if !o.Turns {
		o.decodes()
		prompts()
		return
	}
	if o.turn == 1 {
		o.decodes()
	}
	o.turn = 0
	if o.planned == 0 {
		prompts()
		o.turn = min(o.planned, 1)
	}
	if o.planned == 0 {
		o.decodes()
	}
}

func (o *oracle) orca() {
	o.decodes()
	for len(o.waiting) > 0 && len(o.running) < o.Slots && o.fits(o.waiting[0], o.waiting[0].PromptTokens+o.waiting[0].max) {
		s := o.admit()
		o.take(s, s.PromptTokens+s.max)
		o.prefill(s, s.remaining())
	}
}

func (o *oracle) static() {
	if len(o.running) == 0 {
		o.used -= o.held
		o.held = 0
		o.orca()
		return
	}
	o.decodes()
}

func (o *oracle) lightllm() {
	if len(o.running) == 0 || o.decoded >= 10 {
		for len(o.waiting) > 0 && len(o.running) < o.Slots && o.waiting[0].remaining() <= o.Budget-o.planned && o.peak(o.waiting[0]) <= o.Blocks {
			s := o.admit()
			o.prefill(s, s.remaining())
		}
	}
	o.decoded++
	if o.planned > 0 {
		o.decoded = 0
		return
	}
	o.decodes()
}

// peak returns the most blocks that the running sequences and one more can
// reach, by trying every time at which one of them may end.
func (o *oracle) peak(one *visited) (peak int) {
	all := append(slices.Clone(o.running), one)
	cached := func(s *visited) int {
		if s == one {
			return s.PromptTokens
		}
		return max(s.cached, s.plan)
	}
	left := func(s *visited) int { return s.PromptTokens + s.max - cached(s) }
	for _, end := range all {
		tokens := 0
		for _, s := range all {
			if left(s) >= left(end) {
				tokens += cached(s) + left(end) + o.BlockSize - 1
			}
		}
		peak = max(peak, tokens/o.BlockSize)
	}
	return peak
}

func (o *oracle) rejects(s *visited) bool {
	switch whole := o.blocksFor(s.PromptTokens + s.max); {
	case o.blocksFor(s.PromptTokens+s.OutputTokens-1) > o.Blocks:
		return true
	case o.Policy == "orca", o.Policy == "static":
		return whole > o.Blocks
	case o.Policy == "lightllm":
		return whole > o.Blocks || s.PromptTokens > o.Budget
	case o.Policy == "vllm-v0":
		return s.PromptTokens > o.Budget
	}
	return false
}

// shape adds up what is planned.
func (o *oracle) shape() (shape hardware.Shape) {
	for _, s := range o.running {
		switch {
		case s.plan > 0 && s.remaining() > 0:
			shape.Chunk(s.plan, s.cached)
		case s.plan > 0:
			shape.Decodes++
			shape.DecodeContext += s.cached
		}
	}
	return shape
}

// end ends the iteration: every sequence that was planned moves on.
func (o *oracle) end(l *lives) {
	running := o.running
	o.running = nil
	for _, s := range running {
		emits := s.plan > 0 && s.plan >= s.remaining()
		s.cached += s.plan
		s.target = max(s.target, s.cached)
		s.plan = 0
		if emits {
			if n := len(s.Times); n > 0 {
				l.gaps[o.now-s.Times[n-1]]++
			}
			s.Times = append(s.Times, o.now)
		}
		if len(s.Times) < s.OutputTokens {
			o.running = append(o.running, s)
			continue
		}
		l.of[s.ID] = s.life
		if o.Policy == "static" {
			o.held += s.blocks
		} else {
			o.used -= s.blocks
		}
	}
}

// visit simulates a setting.
func visit(c setting) *lives {
	o, l := &oracle{setting: c}, newLives()
	schedule := map[string]func(){
		"vllm": o.vllm, "sjf": o.vllm, "edf": o.vllm, "vllm-v0": o.vllmV0, "sarathi": o.sarathi,
		"orca": o.orca, "static": o.static, "lightllm": o.lightllm,
	}[c.Policy]
	for coming := c.requests(); ; {
		for len(coming) > 0 && coming[0].Arrival <= o.now {
			s := &visited{Request: coming[0], max: c.Bound, target: coming[0].PromptTokens, life: life{Admitted: -1}}
			coming = coming[1:]
			if o.rejects(s) {
				l.of[s.ID] = life{Rejected: true}
			} else {
				o.wait(s)
			}
		}
		o.planned, o.preempted = 0, false
		schedule()
		if o.planned == 0 {
			if len(coming) == 0 {
				return l
			}
			o.now = coming[0].Arrival
			continue
		}
		o.now += plainCost{}.IterationTime(o.shape())
		o.end(l)
	}
}
