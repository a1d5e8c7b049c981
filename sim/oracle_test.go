package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

// A visited sequence of the oracle.
type visited struct {
	workloads.Request
	life
	max, target, cached, plan int
	pages                     []*page

	rank, due time.Duration // in the line; of the next token
	relegated bool
	settled   bool // its prompt has been cached once

	enters, seat int // of llamacpp: the plan that lets it in, 0 if it has no slot yet; its slot

	stored, coming int  // blocks on the host; tokens on their way from there
	fetched        bool // it holds blocks without running

	standing // of fluid
}

func (s *visited) remaining() int { return s.target - s.cached }

// An oracle simulates a replica in the plainest way: it visits every sequence
// in every iteration.
type oracle struct {
	setting
	now              time.Duration
	waiting, running []*visited // in the order of the line; in order of admission
	planned          int
	preempted        bool
	turn, decoded    int        // of the policies that remember
	held             []*page    // of sequences that finished in a static batch
	arrived          []*visited // unknown to the policy yet
	leaving          []*visited // done, and known to be only after the next plan

	free  []*page // the least recently used first
	known map[string][]*page

	served    // of vtc
	forgiving // of fluid

	plans, empty int // of llamacpp

	offloaded
}

// A page is a KV block. Its name is that of the tokens that it was filled with,
// and "" if those are nobody else's.
type page struct {
	name string
	refs int
}

func (o *oracle) blocksFor(tokens int) int { return (tokens + o.BlockSize - 1) / o.BlockSize }

func (o *oracle) take(s *visited, tokens int) {
	for len(s.pages) < o.blocksFor(tokens) {
		p := o.free[0]
		o.free = o.free[1:]
		o.known[p.name] = slices.DeleteFunc(o.known[p.name], func(q *page) bool { return p == q })
		p.name, p.refs = "", 1
		s.pages = append(s.pages, p)
	}
}

func (o *oracle) slot() bool { return len(o.running)+len(o.leaving) < o.Slots }

func (o *oracle) give(pages []*page) {
	for _, p := range slices.Backward(pages) {
		if p.refs--; p.refs == 0 {
			o.free = append(o.free, p)
		}
	}
}

// stream returns what names token i of s, and "" if it is nobody else's.
func (s *visited) stream(i int) string {
	if s.Prefix != nil {
		for _, segment := range s.Prefix.Segments {
			if i < segment.Tokens {
				return fmt.Sprint(segment.Stream)
			}
			i -= segment.Tokens
		}
	}
	if s.Preemptions > 0 {
		return fmt.Sprint("reply to ", s.ID)
	}
	return ""
}

func (o *oracle) name(s *visited, block int) string {
	stream := s.stream((block+1)*o.BlockSize - 1)
	if stream == "" {
		return ""
	}
	return fmt.Sprint(stream, " block ", block)
}

// remember names the blocks of s that its first tokens fill.
func (o *oracle) remember(s *visited, tokens int) {
	for i := 0; o.Prefixes && (i+1)*o.BlockSize <= tokens; i++ {
		if name := o.name(s, i); name != "" && s.pages[i].name == "" {
			s.pages[i].name = name
			o.known[name] = append(o.known[name], s.pages[i])
		}
	}
}

// match returns the known blocks that s, which waits, begins with.
func (o *oracle) match(s *visited) (pages []*page) {
	for i := 0; (i+1)*o.BlockSize < s.target; i++ {
		found := o.known[o.name(s, i)]
		if len(found) == 0 || o.name(s, i) == "" {
			break
		}
		pages = append(pages, found[0])
	}
	return pages
}

// front returns the first in line, with what it would find in the cache.
func (o *oracle) front() *visited {
	if o.Policy == "vtc" {
		o.leastServedFirst()
	}
	s := o.waiting[0]
	if s.fetched {
		return s
	}
	s.pages = o.match(s)
	s.cached = len(s.pages) * o.BlockSize
	return s
}

func (o *oracle) fits(s *visited, tokens int) bool {
	need := o.blocksFor(tokens)
	for _, p := range s.pages {
		if p.refs > 0 {
			need--
		}
	}
	return need <= len(o.free)
}

func (o *oracle) prefill(s *visited, n int) {
	n = min(n, s.remaining())
	if n > 0 {
		o.take(s, s.cached+n)
		o.remember(s, s.cached+n)
		s.plan = n
		o.planned += n
	}
}

func (o *oracle) admit() *visited {
	s := o.waiting[0]
	o.waiting = o.waiting[1:]
	o.latest = s.Tenant
	if s.Admitted < 0 {
		s.Admitted = o.now
	}
	o.running = append(o.running, s)
	if !s.fetched {
		o.refer(s)
	}
	s.fetched = false
	o.holding = slices.DeleteFunc(o.holding, func(h *visited) bool { return h == s })
	return s
}

// refer makes s hold the pages it was matched with.
func (o *oracle) refer(s *visited) {
	for _, p := range s.pages {
		if p.refs++; p.refs == 1 {
			o.free = slices.DeleteFunc(o.free, func(q *page) bool { return p == q })
		}
	}
}

// evict preempts the sequence admitted last.
func (o *oracle) evict() *visited {
	s := o.running[len(o.running)-1]
	o.running = o.running[:len(o.running)-1]
	s.Preemptions++
	o.remember(s, s.cached)
	o.give(s.pages)
	o.planned -= s.plan
	s.pages, s.cached, s.plan, s.target = nil, 0, 0, s.PromptTokens+len(s.Times)
	o.preempted = true
	o.wait(s)
	return s
}

// wait puts s where its policy wants it in the line.
func (o *oracle) wait(s *visited) {
	s.rank = o.rank(s)
	if o.Policy == "vtc" {
		o.told(s)
	}
	switch {
	case o.Policy == "sjf", o.Policy == "edf", o.Policy == "srpf", o.Policy == "qoserve", o.Policy == "fluid":
		o.waiting = append(o.waiting, s)
		slices.SortFunc(o.waiting, byRank)
	case s.Preemptions > 0, s.fetched:
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
	for !o.preempted && len(o.waiting) > 0 && o.slot() {
		s := o.front()
		n, left := min(s.remaining(), o.LongestChunk), o.Budget-o.planned
		found := o.onHost(s)
		if n > left && o.Unchunked && found == 0 || left <= 0 {
			return
		}
		n = min(n, left)
		if need := s.cached + n; found == 0 && !o.fits(s, need) || found > 0 && !o.fits(s, s.cached+found) {
			if len(o.running) > 0 || !o.yield(s) {
				return
			}
			continue
		}
		if found > 0 {
			o.fetch(s, found)
			continue
		}
		o.prefill(o.admit(), n)
	}
}

func (o *oracle) watermark(s *visited) bool {
	return len(o.free) == o.Blocks || o.slot() && o.fits(s, s.target+o.Blocks/100*o.BlockSize)
}

func (o *oracle) vllmV0() {
	for len(o.waiting) > 0 {
		s := o.front()
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
		for len(o.waiting) > 0 && limit() > 0 && o.watermark(o.front()) {
			s := o.admit()
			o.take(s, s.target)
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
	for len(o.waiting) > 0 && o.slot() && o.fits(o.waiting[0], o.waiting[0].PromptTokens+o.waiting[0].max) {
		s := o.admit()
		o.take(s, s.PromptTokens+s.max)
		o.prefill(s, s.remaining())
	}
}

func (o *oracle) static() {
	if len(o.running) == 0 {
		o.give(o.held)
		o.held = nil
		o.orca()
		return
	}
	o.decodes()
}

func (o *oracle) lightllm() {
	if len(o.running) == 0 || o.decoded >= 10 {
		for len(o.waiting) > 0 && o.slot() && o.waiting[0].remaining() <= o.Budget-o.planned && o.peak(o.waiting[0]) <= o.Blocks {
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
	case o.Policy == "orca", o.Policy == "static", o.Policy == "llamacpp":
		return whole > o.Blocks
	case o.Policy == "lightllm":
		return whole > o.Blocks || s.PromptTokens > o.Budget
	case o.Unchunked && o.LongestChunk == o.Budget && slices.Contains([]string{"vllm", "vtc", "sjf", "edf"}, o.Policy):
		return s.PromptTokens > o.Budget
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
	if o.Policy == "llamacpp" {
		shape.Passes, shape.LonePasses = o.passes()
	}
	return shape
}

// end ends the iteration: every sequence that was planned moves on, those that
// decode before those that prefill.
func (o *oracle) end(l *lives) {
	for _, s := range slices.Backward(o.running) {
		if s.plan > 0 && s.remaining() == 0 && (s.cached+1)%o.BlockSize == 0 {
			o.offload(s, s.cached+1)
		}
	}
	for _, prefills := range []bool{false, true} {
		for _, s := range o.running {
			if s.plan > 0 && s.remaining() > 0 == prefills {
				o.move(s, l)
			}
		}
	}
	o.running = slices.DeleteFunc(o.running, func(s *visited) bool { return len(s.Times) == s.OutputTokens })
}

// move ends the iteration for one sequence.
func (o *oracle) move(s *visited, l *lives) {
	emits, prefills := s.plan >= s.remaining(), s.remaining() > 0
	s.cached += s.plan
	s.target = max(s.target, s.cached)
	s.plan = 0
	if prefills {
		o.offload(s, s.cached)
	}
	if emits {
		if n := len(s.Times); n > 0 {
			l.gaps[o.now-s.Times[n-1]]++
		}
		s.Times = append(s.Times, o.now)
		o.emitted(s, prefills)
	}
	if len(s.Times) < s.OutputTokens {
		return
	}
	if o.late(s) {
		s.Outcome = metrics.Failed
	}
	l.of[s.ID] = s.life
	o.replies = append(o.replies, len(s.Times))
	o.leaving = append(o.leaving, s)
}

// settle frees what sequences that are done hold.
func (o *oracle) settle() {
	for _, s := range o.leaving {
		if o.Policy == "static" {
			o.held = append(o.held, s.pages...)
			continue
		}
		o.remember(s, s.cached)
		o.give(s.pages)
	}
	o.leaving = nil
}

// late reports whether the client of s has given up.
func (o *oracle) late(s *visited) bool { return o.Timeout > 0 && s.Arrival+o.Timeout <= o.now }

// giveUp ends the sequences whose clients have given up, in order of arrival.
func (o *oracle) giveUp(l *lives) {
	gone := map[*visited]bool{}
	for _, s := range slices.Concat(o.arrived, o.waiting, o.running, o.coming) {
		gone[s] = o.late(s)
	}
	for _, s := range slices.SortedFunc(maps.Keys(gone), func(a, b *visited) int { return a.ID - b.ID }) {
		if !gone[s] {
			continue
		}
		if slices.Contains(o.running, s) {
			o.remember(s, s.cached)
			o.give(s.pages)
		}
		if s.fetched {
			o.give(s.pages)
			o.holding = slices.DeleteFunc(o.holding, func(h *visited) bool { return h == s })
		}
		s.Outcome = metrics.Failed
		l.of[s.ID] = s.life
	}
	for _, list := range []*[]*visited{&o.arrived, &o.waiting, &o.running, &o.coming} {
		*list = slices.DeleteFunc(*list, func(s *visited) bool { return gone[s] })
	}
}

// hand makes the policy know who has arrived by then.
func (o *oracle) hand(by time.Duration) {
	for len(o.arrived) > 0 && o.arrived[0].Arrival <= by {
		o.wait(o.arrived[0])
		o.arrived = o.arrived[1:]
	}
}

// visit simulates a setting.
func visit(c setting) *lives {
	o, l := &oracle{setting: c, known: map[string][]*page{}, served: served{lifted: map[string]float64{}}}, newLives()
	for range c.Blocks {
		o.free = append(o.free, new(page))
	}
	schedule := map[string]func(){
		"vllm": o.vllm, "vtc": o.vllm, "sjf": o.vllm, "edf": o.vllm, "vllm-v0": o.vllmV0, "sarathi": o.sarathi,
		"orca": o.orca, "static": o.static, "lightllm": o.lightllm, "llamacpp": o.llamacpp,
		"srpf": o.srpf, "slo-chunk": o.sloChunk, "qoserve": o.qoserve, "fluid": o.fluid,
	}[c.Policy]
	var started time.Duration // the latest iteration
	for coming := c.requests(); ; {
		for len(coming) > 0 && coming[0].Arrival <= o.now {
			s := &visited{Request: coming[0], max: c.Bound, target: coming[0].PromptTokens, life: life{Admitted: scheduler.Never}}
			coming = coming[1:]
			if o.rejects(s) {
				l.of[s.ID] = life{Outcome: metrics.Rejected, Admitted: scheduler.Never}
			} else {
				o.arrived = append(o.arrived, s)
			}
		}
		o.giveUp(l)
		o.endFetches()
		o.planned, o.preempted = 0, false
		if !c.Async {
			started = o.now
		}
		o.hand(started)
		schedule()
		if o.planned == 0 {
			o.settle()
			o.hand(o.now)
			o.preempted = false
			schedule()
		}
		o.beginFetches()
		if o.planned == 0 {
			if len(coming) == 0 && len(o.coming) == 0 {
				return l
			}
			o.now = o.nextEvent(coming)
			continue
		}
		started = o.now
		o.now += plainCost{}.IterationTime(o.shape())
		o.settle()
		o.end(l)
		if !c.Async {
			o.settle()
		}
	}
}
