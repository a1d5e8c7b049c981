package scheduler

import (
	"fmt"
	"math"
	"time"

	"metronome/hardware"
)

func init() {
	Register(Kind{
		Prefixes: true, Imports: true,
		Name: "qoserve", Doc: "QoServe (Niyama): prompts by deadline and work left, after them those that are late, chunks as in slo-chunk",
		New: func(l Limits) Policy {
			p := &QoServe{paced: newPaced(l), Alpha: 1, tokenTime: l.tokenTime()}
			p.pace.own = true
			p.prompts = Prompts{Ranked: Ranked{Rank: p.rank}, Demote: p.relegate}
			return p
		},
	})
}

// QoServe ranks prompts between earliest deadline and shortest remaining prefill
// first, makes chunks as long as the decodes allow, and relegates prompts that
// cannot have their first token in time any more (QoServe, first called Niyama,
// arXiv 2503.22562).
type QoServe struct {
	paced
	Alpha float64 `toml:"alpha"` // weight of the time that a prompt still takes against its deadline

	tokenTime float64 // of prefill, in ns
	prompts   Prompts
	now       time.Duration
}

// Validate implements Validator.
func (p *QoServe) Validate() error {
	if !(p.Alpha >= 0 && p.Alpha <= 1e6) {
		return fmt.Errorf("scheduler.alpha: %v (must be 0 to 1e6)", p.Alpha)
	}
	return p.paced.Validate()
}

// Add implements Policy.
func (p *QoServe) Add(s *Sequence) { p.prompts.Push(s) }

// Schedule implements Policy.
func (p *QoServe) Schedule(b *Batch) {
	p.now = b.Now
	p.decode(b, &p.prompts)
	p.prompts.Prefill(b, func(s *Sequence) int { return p.chunk(b, s) })
}

// work returns the nanoseconds that the rest of a prompt takes alone.
func (p *QoServe) work(s *Sequence) float64 { return p.tokenTime * float64(s.Remaining()) }

// rank puts relegated prompts behind all others.
func (p *QoServe) rank(s *Sequence) int64 {
	rank := int64(s.Deadline) + int64(p.Alpha*p.work(s))
	if s.relegated {
		rank += math.MaxInt64 / 2
	}
	return rank
}

// relegate gives a prompt up that would be late even if it ran alone.
func (p *QoServe) relegate(s *Sequence) bool {
	late := !s.relegated && p.now+time.Duration(p.work(s)) > s.Deadline
	s.relegated = s.relegated || late
	return late
}

// tokenTime returns the nanoseconds per token of a chunk that spends the budget.
func (l Limits) tokenTime() float64 {
	if l.Cost == nil {
		return 0
	}
	var s hardware.Shape
	s.Chunk(l.TokenBudget, 0)
	return float64(l.Cost.IterationTime(s)) / float64(l.TokenBudget)
}
