package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// Admission is what requests must pass at the front door. One that does not is shed.
// Its zero value lets all requests in.
type Admission struct {
	// A token bucket fills at Rate per second up to Burst, and every request takes
	// one token. Rate 0 is no bucket.
	Rate  float64
	Burst int

	// MaxWaiting is the most sequences that may wait, at the door and on replicas,
	// when a request comes; 0 is no limit.
	MaxWaiting int

	// Deadlines sheds requests whose first token is not expected in time: all prompts
	// before it, at the pace at which replicas have computed prompts lately.
	Deadlines bool
}

func (a Admission) validate() error {
	var errs []error
	if a.Rate != 0 && !(a.Rate > 0 && a.Rate <= 1e9) {
		errs = append(errs, fmt.Errorf("sim: admission of %v requests per second (must be above 0, at most 1e9)", a.Rate))
	}
	if a.Rate != 0 && a.Burst < 1 {
		errs = append(errs, fmt.Errorf("sim: bursts of %d requests (must be 1 or more)", a.Burst))
	}
	if a.MaxWaiting < 0 {
		errs = append(errs, fmt.Errorf("sim: at most %d waiting requests (must not be negative)", a.MaxWaiting))
	}
	return errors.Join(errs...)
}

// An admission decides on requests at the front door.
type admission struct {
	Admission
	bucket bucket
}

// newAdmission returns nil if all requests are let in.
func newAdmission(a Admission) *admission {
	if a == (Admission{}) {
		return nil
	}
	return &admission{a, newBucket(a.Rate, a.Burst)}
}

// refuse returns why s is shed, or "". What is shed takes nothing out of the bucket.
func (a *admission) refuse(t *tier, s *scheduler.Sequence, now time.Duration) (metrics.Cause, string) {
	if a.MaxWaiting > 0 {
		if n := t.waiting + len(t.door); n >= a.MaxWaiting {
			return metrics.Queue, fmt.Sprintf("%d requests wait already", n)
		}
	}
	if a.Deadlines && s.Deadline > 0 {
		if wait, known := t.expect(s.PromptTokens); known && now+wait > s.Deadline {
			return metrics.Late, fmt.Sprintf("its first token is expected after %v, when it is due after %v",
				wait.Round(time.Millisecond), (s.Deadline - s.Arrival).Round(time.Millisecond))
		}
	}
	if a.Rate > 0 && !a.bucket.take(now) {
		return metrics.Rate, fmt.Sprintf("more than %v requests per second", a.Rate)
	}
	return metrics.NoCause, ""
}

// A bucket is a token bucket, kept as the time at which it is full again: a request
// takes it one period further, and not beyond the burst.
type bucket struct {
	period, depth, full time.Duration
}

func newBucket(rate float64, burst int) bucket {
	const most = 1 << 60 // 36 years: one that takes longer to fill does not fill again in a run
	period := time.Duration(math.Round(min(1e9/rate, most/float64(max(1, burst)))))
	return bucket{period: period, depth: time.Duration(burst) * period}
}

// take takes a token, if there is one.
func (b *bucket) take(now time.Duration) bool {
	full := max(b.full, now) + b.period
	if full-now > b.depth {
		return false
	}
	b.full = full
	return true
}
