package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"metronome/hardware"
)

// What the oracle remembers of the policy fluid.
type forgiving struct {
	limit               time.Duration // of the iteration
	started             time.Duration // of the latest iteration
	computed, prompts   int           // tokens of it
	stepped             bool          // there were decodes
	replies             []int         // lengths, sorted
	forgives            [3]float64    // by tier, after the deadline of the first token
	tokenTime, stepTime float64
}

// A standing is what it knows of a sequence.
type standing struct {
	tier, ranked int
	owes         int // tokens
}

// owing returns the tokens that make up for one that is late.
func (o *oracle) owing(late time.Duration) int {
	misses := 0
	for x := late; x > 0 && (misses == 0 || !o.NoReset); x -= o.TBT {
		misses++
	}
	if late > 0 && !o.NoReset && late%o.TBT == 0 {
		misses++
	}
	if misses == 0 {
		return 0
	}
	return 9*misses + 1
}

// credited tells s, which has a new token, what it owes and when the next is due.
func (o *oracle) credited(s *visited, byPrefill bool) {
	first := s.Arrival + deadline(s.PromptTokens)
	tokens := len(s.Times)
	asPlanned := first + time.Duration(tokens)*o.TBT
	switch {
	case byPrefill && tokens == 1:
		s.owes = o.owing(o.now - first)
	case !byPrefill:
		s.owes += o.owing(o.now - s.due)
	}
	switch {
	case o.NoReset:
		s.due = asPlanned
	case byPrefill:
		s.due = max(asPlanned, o.now+o.TBT)
	default:
		s.due = max(s.due, o.now) + o.TBT
	}
}

func (o *oracle) fluid() {
	o.learn()
	o.decodes()
	for o.fallBack() {
	}
	o.limit = min(max(o.patience(), 0), 2*o.TBT)
	o.byUrgency(o.fluidTokens)
	shape := o.shape()
	o.started, o.computed, o.prompts, o.stepped = o.now, shape.Tokens(), shape.PrefillTokens, shape.Decodes > 0
}

// learn takes in the latest iteration.
func (o *oracle) learn() {
	if o.tokenTime == 0 {
		var whole hardware.Shape
		whole.Chunk(o.Budget, 0)
		o.tokenTime = float64(plainCost{}.IterationTime(whole)) / float64(o.Budget)
	}
	if o.computed == 0 {
		return
	}
	took := float64(o.now - o.started)
	if n := float64(o.prompts); n > 0 {
		o.tokenTime += (took/n - o.tokenTime) * min(1, n/4096)
	}
	if o.stepped {
		o.stepTime += (took - o.stepTime) / 100
	}
	slices.Sort(o.replies)
	for tier := range o.forgives {
		reply := 0
		if n := len(o.replies); n > 0 {
			reply = o.replies[int(tooShort[tier]*float64(n))]
		}
		o.forgives[tier] = float64(max(reply-1, 0)/9) * float64(o.TBT)
		if o.NoReset {
			o.forgives[tier] = float64(reply/10) * o.gains()
		}
	}
}

// gains returns by how much a token at the mean time of a step makes up for lateness.
func (o *oracle) gains() float64 { return max(0, float64(o.TBT)-o.stepTime) }

// longer returns the share of replies of at least some tokens.
func (o *oracle) longer(tokens int) float64 {
	if tokens <= 1 {
		return 1
	}
	n := 0
	for _, r := range o.replies {
		if r >= tokens {
			n++
		}
	}
	return float64(n) / float64(max(len(o.replies), 1))
}

// tooShort are the shares of replies that forgive no first token at the deadline of
// each tier, and all for prompts that have none.
var tooShort = []float64{0.1, 0.25, 0.5, 1}

func (o *oracle) fluidDue(s *visited) float64 {
	return float64(s.Arrival+deadline(s.PromptTokens)) + o.forgives[s.tier]
}

func (o *oracle) fluidRank(s *visited) time.Duration {
	s.ranked = s.tier
	if s.tier > 2 {
		return math.MaxInt64/2 + time.Duration(s.remaining())
	}
	return time.Duration(o.fluidDue(s))
}

// fluidTokens returns the tokens of s that the iteration still takes.
func (o *oracle) fluidTokens(s *visited) int {
	decodes := o.shape().Decodes
	if s.tier < 3 || decodes == 0 || o.stepTime > float64(o.TBT) {
		return o.timely(s)
	}
	for n := min(s.remaining(), o.LongestChunk, o.Budget-o.planned); n > 0; n-- {
		shape := o.shape()
		shape.Chunk(n, s.cached)
		if (plainCost{}).IterationTime(shape) <= o.limit {
			return n
		}
	}
	return 0
}

// punctual returns the prompts that can be in time, by deadline.
func (o *oracle) punctual() (list []*visited) {
	for _, s := range slices.Concat(o.running, o.waiting) {
		s.settled = s.settled || s.remaining() <= 0
		if !s.settled && s.tier < 3 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *visited) int { return cmp.Or(cmp.Compare(o.fluidDue(a), o.fluidDue(b)), a.ID-b.ID) })
	return list
}

// fallBack gives up a deadline of the prompt that takes the most time for its
// chance, if one would be late.
func (o *oracle) fallBack() bool {
	list, end := o.punctual(), float64(o.now)
	for i, s := range list {
		end += o.tokenTime * float64(s.remaining())
		if end <= o.fluidDue(s) {
			continue
		}
		waste := func(s *visited) float64 {
			return float64(s.remaining()) / (tooShort[s.tier+1] - tooShort[s.tier])
		}
		slices.MinFunc(list[:i+1], func(a, b *visited) int { return cmp.Or(cmp.Compare(waste(b), waste(a)), a.ID-b.ID) }).tier++
		return true
	}
	return false
}

// A way is a length of iterations, with the tokens of prompts that they take.
type way struct {
	lasts, tokens float64
	limit         time.Duration
}

// patience returns how long the decodes wait.
func (o *oracle) patience() time.Duration {
	slack := time.Duration(math.MaxInt64)
	for _, s := range o.running {
		if s.remaining() == 0 && o.forgiven(s, 0, float64(o.TBT)) >= 0.1 {
			slack = min(slack, s.due-o.now)
		}
	}
	list := o.punctual()
	if slack >= 2*o.TBT || len(list) == 0 {
		return slack
	}
	list = list[:min(len(list), 16)]
	middle := list[0].cached + list[0].remaining()/2
	takes := func(tokens int) float64 {
		shape := o.shape()
		shape.Chunk(tokens, middle)
		return float64(plainCost{}.IterationTime(shape))
	}
	fits := func(limit time.Duration) float64 {
		n := o.Budget
		for n > 1 && takes(n) > float64(limit) {
			n--
		}
		return float64(n)
	}
	wait, behind := max(slack, 0), o.NoReset && slack < o.TBT
	if behind {
		wait = o.TBT
	}
	inTime := way{float64(o.TBT), fits(o.TBT), wait}
	slow := way{takes(least), least, 0}
	if slow.lasts > inTime.lasts {
		inTime.lasts, inTime.tokens = slow.lasts, slow.tokens
	}
	ways := []way{inTime, {2 * float64(o.TBT), fits(2 * o.TBT), wait + o.TBT}}
	if behind {
		ways = append(ways, slow)
	}
	best, chance := inTime, 0.0
	for _, w := range ways {
		for n := 1; n <= len(list); n *= 2 {
			if c := o.likely(list, n, w, inTime); c > chance+1e-9 {
				best, chance = w, c
			}
		}
	}
	return best.limit
}

// likely returns how many of the replies are likely to be served if the first n
// prompts run one way and the others in time.
func (o *oracle) likely(list []*visited, n int, w, inTime way) (sum float64) {
	end, tokens := float64(o.now), 0
	for i, s := range list {
		rest := inTime
		if i < n {
			rest = w
			tokens += s.remaining()
		}
		end += float64(s.remaining()) * rest.lasts / rest.tokens
		late := end - float64(s.Arrival+deadline(s.PromptTokens))
		switch {
		case late <= 0:
			sum++
		case o.NoReset:
			sum += o.longer(10 * int(math.Ceil(late/max(o.gains(), 1))))
		default:
			sum += o.longer(o.owing(time.Duration(late)))
		}
	}
	for _, s := range o.running {
		if s.remaining() == 0 {
			sum += o.forgiven(s, int(math.Ceil(float64(tokens)/w.tokens)), w.lasts)
		}
	}
	return sum
}

// forgiven returns the chance that s makes up for what comes late, step by step.
func (o *oracle) forgiven(s *visited, n int, lasts float64) float64 {
	has, owes := len(s.Times)+n, s.owes
	gap := float64(o.TBT)
	early := float64(s.due-o.now) - gap
	if o.NoReset {
		owes += 10 * int(math.Ceil(o.lateTokens(early, float64(n), lasts)))
	} else if lasts > gap {
		late := max(0, n-int(math.Floor(max(early, 0)/(lasts-gap))))
		owes += late * o.owing(time.Duration(math.Ceil(lasts-gap))-1)
	}
	if owes <= has {
		return 1
	}
	if share := o.longer(has); share > 0 {
		return o.longer(owes) / share
	}
	return 0
}

// lateTokens returns how many of n steps come after the first deadline, and how many
// more until s has caught up.
func (o *oracle) lateTokens(early, n, lasts float64) float64 {
	perStep := lasts - float64(o.TBT) // later, each
	after := early - n*perStep
	catching := max(-after, 0) / max(o.gains(), 1)
	switch {
	case early >= 0 && after >= 0:
		return catching
	case early >= 0:
		return -after/perStep + catching
	case after > 0:
		return early / perStep
	}
	return n + catching
}
