package scheduler

import (
	"math"
	"time"
)

// An audience is the readers of the replies that decode: when their next tokens
// are due, what they have missed, and the chance that they forgive it. With an
// index of at least 0.9 a reader forgives one miss for nine deadlines met.
//
// The reset index counts the deadlines that pass until a late token comes, and
// sets the next ones from then on; the no-reset index counts each token that
// comes after its first deadline.
type audience struct {
	gap     time.Duration // D_d
	noReset bool
	catchUp float64 // ns by which a token at the mean time of a step makes up for lateness

	replies recent
	readers []*Sequence // of the members of the cohort
	step    int         // at the last update
}

// A standing is the part of a sequence that an audience keeps while it decodes.
type standing struct {
	due   time.Duration // its next token
	owes  int           // tokens of a reply that is long enough to make up for what came late
	heard int           // the step of its first decode, plus one, if it is among the readers
}

// forgiven is how many deadlines met make up for one missed.
const forgiven = 9

// update takes in the step that ended last, if one has since the update before, and
// the members that joined. It costs O(members).
func (a *audience) update(b *Batch) {
	stays := a.readers[:0]
	for _, s := range a.readers {
		if s.decoding && s.heard == s.joined+1 {
			stays = append(stays, s)
			if b.step > a.step {
				a.hear(s, b.last())
			}
		}
	}
	a.readers, a.step = stays, b.step
	for _, s := range b.fresh {
		a.join(s)
		if s.heard != s.joined+1 {
			s.heard = s.joined + 1
			a.readers = append(a.readers, s)
		}
	}
}

// join takes in a member whose latest token came on its own.
func (a *audience) join(s *Sequence) {
	last := s.own[len(s.own)-1]
	if s.Emitted == 1 {
		s.owes = a.debt(last - s.Deadline)
	}
	s.due = s.Deadline + time.Duration(s.Emitted)*a.gap
	if !a.noReset {
		s.due = max(s.due, last+a.gap)
	}
}

// hear takes in a token of s that came at a time.
func (a *audience) hear(s *Sequence, at time.Duration) {
	late := max(at-s.due, 0)
	s.owes += a.debt(late)
	if !a.noReset {
		s.due += late
	}
	s.due += a.gap
}

// debt returns how many tokens longer a reply must be to make up for a late one.
func (a *audience) debt(late time.Duration) int {
	switch {
	case late <= 0:
		return 0
	case a.noReset:
		return forgiven + 1
	}
	return forgiven*(int(late/a.gap)+1) + 1
}

// forgives returns for how many ns a reply makes up, by which its first token is late.
func (a *audience) forgives(tokens int) float64 {
	if a.noReset {
		return float64(tokens/(forgiven+1)) * a.catchUp
	}
	return float64(max(tokens-1, 0)/forgiven) * float64(a.gap)
}

// begins returns the chance that a reply makes up for a first token that comes late
// by some ns.
func (a *audience) begins(late float64) float64 {
	switch {
	case late <= 0:
		return 1
	case a.noReset:
		return a.replies.atLeast((forgiven + 1) * int(math.Ceil(late/max(a.catchUp, 1))))
	}
	return a.replies.atLeast(a.debt(time.Duration(late)))
}

// goesOn returns the chance that a reply that goes on for n steps of some ns each
// makes up for what came late until then, and until it has caught up after that.
func (a *audience) goesOn(b *Batch, s *Sequence, n int, lasts float64) float64 {
	has := b.emitted(s) + n
	owes := s.owes + a.owesAfter(float64(s.due-b.Now)-float64(a.gap), float64(n), lasts)
	if owes <= has {
		return 1
	}
	if share := a.replies.atLeast(has); share > 0 {
		return a.replies.atLeast(owes) / share
	}
	return 0
}

// owesAfter returns the tokens owed for n steps of some ns each by a reader for whom
// the latest token came some ns early, and by the no-reset index for catching up.
func (a *audience) owesAfter(early, n, lasts float64) int {
	gap := float64(a.gap)
	after := early - n*(lasts-gap)
	if !a.noReset {
		if lasts <= gap {
			return 0
		}
		late := n - math.Floor(max(early, 0)/(lasts-gap))
		return int(max(late, 0)) * a.debt(time.Duration(math.Ceil(lasts-gap))-1)
	}
	late := 0.0
	if early < 0 {
		late = n
		if after > 0 {
			late = early / (lasts - gap)
		}
	} else if after < 0 {
		late = -after / (lasts - gap)
	}
	late += max(-after, 0) / max(a.catchUp, 1)
	return (forgiven + 1) * int(math.Ceil(late))
}
