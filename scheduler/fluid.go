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
		Name:     "fluid", Doc: "makes most replies likely to be read well: spends the slack of decodes, and what readers forgive",
		New: func(l Limits) Policy {
			p := &Fluid{paced: newPaced(l), LongestIteration: 2, tokenTime: l.tokenTime()}
			p.audience = audience{gap: max(l.TBT, 1), noReset: l.NoReset}
			p.prompts = Prompts{Ranked: Ranked{Rank: p.rank}, Demote: p.demote}
			return p
		},
	})
}

// Fluid serves for the fluidity-index, which counts a reply as served with nine
// deadlines met for each missed. How long a reply becomes is not known, but how
// long the latest have become: what it misses, a share of replies is long enough
// to make up for.
//
// Prompts run by deadline, which is later than that of the first token by what
// replies are likely to forgive. Where not all can be in time, those that take the
// most time for the least chance fall back to a later deadline, then behind all
// others (after Moore and Hodgson, 1968, who make the fewest late). An iteration
// is as long as makes the most replies likely to be served: those of the prompts,
// which come sooner the longer it is, and those that decode, which miss more.
type Fluid struct {
	paced
	LongestIteration float64 `toml:"longest_iteration"` // in D_d, whatever the slack

	prompts  Prompts
	timely   []*Sequence // prompts that can be in time, by deadline
	begun    byWaste     // of timely, those that a sift has come to
	audience audience

	forgives  [len(doubts)]float64 // ns after the deadline of the first token
	tokenTime float64              // ns that a prompt token takes beside the decodes
	stepTime  float64              // ns that a step takes
	planned   plan
}

// doubts are the shares of replies that are too short to forgive a first token at
// each of the deadlines that a prompt falls back to.
var doubts = [...]float64{0.1, 0.25, 0.5}

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
	if !(p.LongestIteration > 0 && p.LongestIteration <= 1e6) {
		return fmt.Errorf("scheduler.longest_iteration: %v (must be above 0, in D_d, up to 1e6)", p.LongestIteration)
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
	p.audience.update(b)
	decode(b, &p.prompts)
	p.timely = slices.DeleteFunc(p.timely, func(s *Sequence) bool { return s.Remaining() <= 0 || s.Aborted })
	slices.SortFunc(p.timely, p.byDue)
	for p.sift(float64(b.Now)) {
	}
	p.limit = min(max(p.patience(b), 0), time.Duration(p.LongestIteration*float64(p.TBT)))
	p.prompts.Prefill(b, func(s *Sequence) int { return p.part(b, s) })
	p.planned = plan{b.Now, b.Shape().Tokens(), b.Shape().PrefillTokens, b.step}
}

// part returns the tokens of s that the iteration still takes: of a prompt behind
// all others, no more than decodes have the time for, unless they never have it.
func (p *Fluid) part(b *Batch, s *Sequence) int {
	if s.tier < len(doubts) || b.Decodes() == 0 || p.stepTime > float64(p.TBT) {
		return p.chunk(b, s)
	}
	return p.inTime(b, s)
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
			p.audience.replies.add(s.Emitted)
		}
	}
	p.audience.catchUp = max(0, float64(p.TBT)-p.stepTime)
	for i, doubt := range doubts {
		p.forgives[i] = p.audience.forgives(p.audience.replies.atMost(doubt))
	}
}

// sift gives up a deadline of the prompt, up to the first that would be late, that
// takes the most time for the chance that the deadline saves, and reports whether
// there was one. It costs O(n · log n) for n prompts that can be in time, once for
// each plan and each deadline given up.
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
	if s.tier++; s.tier < len(doubts) {
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
	if s.tier < len(doubts) {
		return int64(p.due(s))
	}
	return math.MaxInt64/2 + int64(s.Remaining())
}

// demote tells that a prompt that waits has fallen back since it got its rank.
func (p *Fluid) demote(s *Sequence) bool { return !s.Running() && s.ranked != s.tier }

// ByWaste is a heap of prompts, first the one that has most left to prefill for the
// chance that its deadline saves.
type byWaste []*Sequence

// waste returns the tokens left to prefill for the chance that is lost if s falls back.
func waste(s *Sequence) float64 {
	next := 1.0
	if s.tier+1 < len(doubts) {
		next = doubts[s.tier+1]
	}
	return float64(s.Remaining()) / (next - doubts[s.tier])
}

func (l byWaste) Len() int      { return len(l) }
func (l byWaste) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l byWaste) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(waste(l[j]), waste(l[i])), cmp.Compare(l[i].ID, l[j].ID)) < 0
}
func (l *byWaste) Push(x any) { *l = append(*l, x.(*Sequence)) }
func (l *byWaste) Pop() any {
	last := len(*l) - 1
	x := (*l)[last]
	*l = (*l)[:last]
	return x
}
