package workloads

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Stage is a part of a load whose rate changes in time: a step, or a ramp.
type Stage struct {
	Rate     float64       `toml:"rate"`         // requests per second, at its start
	To       *float64      `toml:"to,omitempty"` // and at its end, linear in between; nil is Rate
	Duration time.Duration `toml:"duration"`
}

// mostStageRate bounds rates, in requests per second, so that nothing overflows.
const mostStageRate = 1e9

// End returns the rate at the end of the stage, in requests per second.
func (s Stage) End() float64 { return or(s.To, s.Rate) }

func (s Stage) validate() error {
	for _, rate := range []float64{s.Rate, s.End()} {
		if !(rate >= 0 && rate <= mostStageRate) {
			return fmt.Errorf("rate %v (must be between 0 and %v)", rate, mostStageRate)
		}
	}
	if s.Duration <= 0 || s.Duration > longestSpan {
		return fmt.Errorf("duration %v (must be above 0 and at most %v)", s.Duration, longestSpan)
	}
	return nil
}

// requests returns the mean number of requests that arrive in the stage.
func (s Stage) requests() float64 {
	return (s.Rate + s.End()) / 2 * s.Duration.Seconds()
}

// until returns the time at which a mean number of requests, at most those of the
// stage, has arrived: where the integral of the rate reaches it.
func (s Stage) until(requests float64) time.Duration {
	if requests <= 0 {
		return 0
	}
	slope := (s.End() - s.Rate) / s.Duration.Seconds()
	rate := math.Sqrt(max(0, s.Rate*s.Rate+2*slope*requests)) // by then
	return min(bounded(2*requests/(s.Rate+rate)*float64(time.Second)), s.Duration)
}

// span returns how long all stages last.
func span(stages []Stage) (d time.Duration) {
	for _, s := range stages {
		d += s.Duration
	}
	return d
}

// checkStages refuses stages that are no load.
func checkStages(stages []Stage) error {
	sum := 0.0
	for i, s := range stages {
		if err := s.validate(); err != nil {
			return fmt.Errorf("workload.arrivals.stages.%d: %w", i, err)
		}
		if sum += s.requests(); span(stages[:i+1]) > longestSpan {
			return fmt.Errorf("workload.arrivals.stages: last more than %v", longestSpan)
		}
	}
	if sum == 0 {
		return errors.New("workload.arrivals.stages: no request arrives (a rate must be above 0)")
	}
	return nil
}

// staged arrivals follow a process at the rate of the stage that it has come to: time
// runs so that the gaps have their mean. After the last stage nothing arrives.
type staged struct {
	gaps    Gaps
	stages  []Stage       // not over yet
	start   time.Duration // of the first of them
	elapsed float64       // in mean gaps, since then
}

func (s *staged) arrival(*row) time.Duration {
	for len(s.stages) > 0 && s.elapsed >= s.stages[0].requests() {
		s.elapsed -= s.stages[0].requests()
		s.start += s.stages[0].Duration
		s.stages = s.stages[1:]
	}
	if len(s.stages) == 0 {
		return s.start
	}
	at := s.start + s.stages[0].until(s.elapsed)
	s.elapsed += s.gaps.Next()
	return at
}
