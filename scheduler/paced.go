package scheduler

import (
	"math"
	"time"
)

// A paced policy runs all decodes, and beside them as much of the prompts as fits
// until the first of the decodes is due. If pace.own is set, each is due by its own
// time between tokens.
type paced struct {
	Limits
	LeastChunk int `toml:"least_chunk"` // tokens of prompts that an iteration takes at any rate

	pace  pace
	limit time.Duration // of the iteration
}

func newPaced(l Limits) paced {
	return paced{Limits: l, LeastChunk: 128, pace: pace{gap: l.TBT}}
}

// Validate implements Validator.
func (p *paced) Validate() error { return within("least_chunk", &p.LeastChunk, 1, 1<<24) }

// decode runs every decode.
func (p *paced) decode(b *Batch, waiting Line) {
	decode(b, waiting)
	p.pace.update(b)
	p.limit = math.MaxInt64
	if b.Decodes() > 0 {
		p.limit = p.pace.slack(b)
	}
}

// chunk returns the tokens of s that the iteration still takes.
func (p *paced) chunk(b *Batch, s *Sequence) int {
	least := min(p.most(b, s), p.LeastChunk-b.Shape().PrefillTokens)
	return max(least, p.inTime(b, s))
}

// inTime returns the tokens of s that the iteration takes without exceeding its limit.
func (p *paced) inTime(b *Batch, s *Sequence) int {
	return fitting(p.Cost, *b.Shape(), b.Context(s), p.most(b, s), p.limit)
}

// most returns the tokens of s that the iteration takes however long it lasts.
func (p *paced) most(b *Batch, s *Sequence) int {
	return min(s.Remaining(), p.LongestChunk, p.TokenBudget-b.Shape().Tokens())
}
