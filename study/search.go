package study

import (
	"math"
	"slices"
)

// A Bracket holds the largest rate at which a service level holds.
type Bracket struct {
	Low  float64 // it holds here and at all lower rates that were probed; 0 if it holds nowhere
	High float64 // it does not hold here; infinite if it holds everywhere

	// Again is the largest rate above High at which it holds again, 0 if there is
	// none: then the response is not monotone.
	Again float64
}

// A search looks for the largest rate at which a service level holds.
type search struct {
	start     float64 // a rate to begin at
	step      float64 // factor to the next rate while there is no bracket; it is squared from rate to rate
	tolerance float64 // greatest High/Low − 1
	holds     func(rate float64) (bool, error)

	held, failed []float64 // rates that were probed
}

// farthest is the factor from the first rate beyond which nobody looks.
const farthest = 1 << 14

// Where it is checked whether the response is monotone: parts of the largest rate
// that holds, and multiples of the least that fails.
var (
	below = [...]float64{0.5, 0.7, 0.85, 0.95}
	above = [...]float64{1.2, 1.5}
)

// run brackets and bisects, then checks lower rates, and goes on below the first
// at which the service level does not hold.
func (s *search) run() (Bracket, error) {
	if err := s.bracket(); err != nil {
		return Bracket{}, err
	}
	for {
		if err := s.bisect(); err != nil {
			return Bracket{}, err
		}
		sound, err := s.check()
		if sound || err != nil {
			return s.found(), err
		}
	}
}

func (s *search) probe(rate float64) (bool, error) {
	ok, err := s.holds(rate)
	if ok {
		s.held = append(s.held, rate)
	} else if err == nil {
		s.failed = append(s.failed, rate)
	}
	return ok, err
}

// found returns the bracket around the lowest rate that fails.
func (s *search) found() Bracket {
	b := Bracket{High: math.Inf(1)}
	for _, rate := range s.failed {
		b.High = min(b.High, rate)
	}
	for _, rate := range s.held {
		if rate < b.High {
			b.Low = max(b.Low, rate)
		} else {
			b.Again = max(b.Again, rate)
		}
	}
	return b
}

// bracket goes up while the service level holds, or else down until it does.
func (s *search) bracket() error {
	rate, step := s.start, s.step
	up, err := s.probe(rate)
	for err == nil && max(rate/s.start, s.start/rate) < farthest {
		if up {
			rate *= step
		} else {
			rate /= step
		}
		step = min(step*step, 4)
		var ok bool
		if ok, err = s.probe(rate); ok != up {
			break
		}
	}
	return err
}

// bisect narrows the bracket in the geometric middle.
func (s *search) bisect() error {
	for {
		b := s.found()
		if math.IsInf(b.High, 1) || b.Low == 0 && slices.Min(s.failed) < s.start/farthest || b.High <= b.Low*(1+s.tolerance) {
			return nil
		}
		middle := math.Sqrt(b.Low * b.High)
		if b.Low == 0 {
			middle = b.High / 2
		}
		if _, err := s.probe(middle); err != nil {
			return err
		}
	}
}

// check probes lower rates from the lowest on, and reports whether all hold. If
// so it probes higher ones too.
func (s *search) check() (bool, error) {
	b := s.found()
	if b.Low == 0 || math.IsInf(b.High, 1) {
		return true, nil
	}
	for _, part := range below {
		if slices.Contains(s.held, b.Low*part) {
			continue
		}
		if ok, err := s.probe(b.Low * part); !ok {
			return false, err
		}
	}
	for _, part := range above {
		if _, err := s.probe(b.High * part); err != nil {
			return false, err
		}
	}
	return true, nil
}
