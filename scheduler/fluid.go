package scheduler

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"
	"time"
)

func init() {
	Register(Kind{
		Prefixes: true,
		Name:     "fluid", Doc: "spends the slack of decodes, and the misses that readers forgive, where that makes the fewest prompts late",
		New: func(l Limits) Policy {
			p := &Fluid{paced: newPaced(l), LongestIteration: 2, LongestSteps: 4, Firm: 0.1, Lenient: 0.25, tokenTime: l.tokenTime()}
			p.credit.gap = max(l.TBT, 1)
			p.prompts = Prompts{Ranked: Ranked{Rank: p.rank}, Demote: p.demote}
			return p
		},
	})
}

// Fluid serves for the fluidity-index: it counts a request as served with nine
// deadlines met for each missed. Chunks spend what slack the decodes have; where
// prompts would be late at that, they spend a deadline of all decodes too, if none
// that can still be served lacks the credit.
//
// A prompt has two deadlines, later than that of its first token by what a reply
// is likely to forgive: the firm one counts as late every token until it has caught
// up, as the no-reset index does, and the lenient one each D_d that passes, as the
// reset index does. Prompts run by deadline; where not all can be in time, the
// longest falls back to its lenient deadline, then behind all others, which makes
// the fewest late (Moore and Hodgson, 1968).
type Fluid struct {
	paced
	LongestIteration float64 `toml:"longest_iteration"` // in D_d, whatever the slack
	LongestSteps     float64 `toml:"longest_steps"`     // in iterations of the decodes alone
	Firm             float64 `toml:"firm"`              // share of replies that may be too short to forgive a first token at the firm deadline
	Lenient          float64 `toml:"lenient"`           // the same of the lenient deadline

	prompts Prompts
	timely  []*Sequence // prompts that can be in time, by deadline
	begun   byLength    // of timely, those that a sift has come to
	credit  credit

	replies   recent
	forgives  [2]float64 // ns after the deadline of the first token: firm, lenient
	tokenTime float64    // ns that a prompt token takes beside the decodes
	stepTime  float64    // ns that a step takes
	planned   plan
}

// A plan is what is remembered of the latest iteration.
type plan struct {
	start  time.Duration
	tokens int // 0 if it idled
	chunks int // of tokens, those of prompts
	steps  int // taken before it
}

// The weights of what is new in the running means: as 4096 tokens, as 100 steps.
const (
	tokenWindow = 4096
	stepWindow  = 100
)

// Validate implements Validator.
func (p *Fluid) Validate() error {
	for _, share := range []struct {
		key   string
		value float64
	}{{"firm", p.Firm}, {"lenient", p.Lenient}} {
		if !(share.value >= 0 && share.value <= 1) {
			return fmt.Errorf("scheduler.%s: %v (must be 0 to 1)", share.key, share.value)
		}
	}
	if !(p.LongestIteration > 0 && p.LongestIteration <= 1e6) {
		return fmt.Errorf("scheduler.longest_iteration: %v (must be above 0, in D_d, up to 1e6)", p.LongestIteration)
	}
	if !(p.LongestSteps > 0 && p.LongestSteps <= 1e6) {
		return fmt.Errorf("scheduler.longest_steps: %v (must be above 0, up to 1e6)", p.LongestSteps)
	}
	return p.paced.Validate()
}

// Add implements Policy.
func (p *Fluid) Add(s *Sequence) {
	s.tier = 0 // whatever another replica gave up
	p.timely = append(p.timely, s)
	p.prompts.Push(s)
}

// Schedule implements Policy.
func (p *Fluid) Schedule(b *Batch) {
	p.learn(b)
	p.credit.update(b)
	decode(b, &p.prompts)
	p.timely = slices.DeleteFunc(p.timely, func(s *Sequence) bool { return s.Remaining() <= 0 || s.Aborted })
	slices.SortFunc(p.timely, p.byDue)
	p.limit = min(max(p.patience(b), 0), p.longest(b))
	for p.sift(float64(b.Now)) {
	}
	p.prompts.Prefill(b, func(s *Sequence) int { return p.chunk(b, s) })
	p.planned = plan{b.Now, b.Shape().Tokens(), b.Shape().PrefillTokens, b.step}
}

// learn takes in what the latest iteration has shown.
func (p *Fluid) learn(b *Batch) {
	if p.planned.tokens == 0 {
		return
	}
	took := float64(b.Now - p.planned.start)
	if n := float64(p.planned.chunks); n > 0 {
		p.tokenTime += (took/n - p.tokenTime) * min(1, n/tokenWindow)
	}
	if b.step > p.planned.steps {
		p.stepTime += (took - p.stepTime) / stepWindow
	}
	for _, s := range b.Latest().Done {
		if !s.Handover {
			p.replies.add(s.Emitted)
		}
	}
	caughtUp := max(0, float64(p.TBT)-p.stepTime) // with each token
	p.forgives[0] = float64(p.replies.atMost(p.Firm)) / forgiven * caughtUp
	p.forgives[1] = p.forgives[0]
	if !p.NoReset {
		p.forgives[1] = max(p.forgives[0], float64(p.replies.atMost(p.Lenient))/forgiven*float64(p.TBT))
	}
}

// patience returns how long the decodes can wait for the iteration to end: until a
// token is due or, if that makes prompts late and all can afford it, one D_d more.
func (p *Fluid) patience(b *Batch) time.Duration {
	slack, waits := p.credit.slack(b)
	switch {
	case !waits:
		return math.MaxInt64
	case !p.NoReset && p.late(b) && p.credit.affords(b):
		return slack + p.TBT
	}
	return slack
}

// longest returns how long an iteration may last whatever the slack. By then the
// decodes are a small part of it, so that a longer one would hardly be faster, but
// would cost more slack for each of its tokens.
func (p *Fluid) longest(b *Batch) time.Duration {
	shape := *b.Shape()
	shape.Chunk(1, 0)
	alone := float64(p.Cost.IterationTime(shape))
	return time.Duration(min(p.LongestIteration*float64(p.TBT), p.LongestSteps*alone))
}

// late reports whether a prompt that can be in time would not be if all iterations
// ended within D_d.
func (p *Fluid) late(b *Batch) bool {
	if len(p.timely) == 0 {
		return false
	}
	n := fitting(p.Cost, *b.Shape(), b.Context(p.timely[0]), p.TokenBudget, p.TBT)
	tokenTime, end := float64(p.TBT)/float64(max(n, 1)), float64(b.Now)
	for _, s := range p.timely {
		end += tokenTime * float64(s.Remaining())
		if end > p.due(s) {
			return true
		}
	}
	return false
}

// sift gives up a deadline of the longest of the prompts up to the first that
// would be late, and reports whether there was one. It costs O(n · log n) for n
// prompts that can be in time, once for each plan and each deadline given up.
func (p *Fluid) sift(end float64) bool {
	p.begun = p.begun[:0]
	for _, s := range p.timely {
		heap.Push(&p.begun, s)
		end += p.tokenTime * float64(s.Remaining())
		if end > p.due(s) {
			p.fallBack(p.begun[0])
			return true
		}
	}
	return false
}

// fallBack gives the deadline of s up.
func (p *Fluid) fallBack(s *Sequence) {
	at := slices.Index(p.timely, s)
	p.timely = slices.Delete(p.timely, at, at+1)
	if s.tier++; s.tier < len(p.forgives) {
		at, _ = slices.BinarySearchFunc(p.timely, s, p.byDue)
		p.timely = slices.Insert(p.timely, at, s)
	}
}

// due returns the deadline of a prompt that can be in time.
func (p *Fluid) due(s *Sequence) float64 { return float64(s.Deadline) + p.forgives[s.tier] }

func (p *Fluid) byDue(s, t *Sequence) int {
	return cmp.Or(cmp.Compare(p.due(s), p.due(t)), cmp.Compare(s.ID, t.ID))
}

// rank puts prompts without a deadline behind all others, the shortest first.
func (p *Fluid) rank(s *Sequence) int64 {
	s.ranked = s.tier
	if s.tier < len(p.forgives) {
		return int64(p.due(s))
	}
	return math.MaxInt64/2 + int64(s.Remaining())
}

// demote tells that a prompt that waits has fallen back since it got its rank.
func (p *Fluid) demote(s *Sequence) bool { return !s.Running() && s.ranked != s.tier }

// ByLength is a heap of prompts, the one with most left to prefill first.
type byLength []*Sequence

func (l byLength) Len() int      { return len(l) }
func (l byLength) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l byLength) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(l[j].Remaining(), l[i].Remaining()), cmp.Compare(l[i].ID, l[j].ID)) < 0
}
func (l *byLength) Push(x any) { *l = append(*l, x.(*Sequence)) }
func (l *byLength) Pop() any {
	last := len(*l) - 1
	x := (*l)[last]
	*l = (*l)[:last]
	return x
}
