// Package calibration fits the time of iterations to replies of a live system: it
// simulates what was sent, under the policy that the system has, and looks for the law
// under which the replies come out as they were measured.
package calibration

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"metronome/hardware"
	"metronome/live"
	"metronome/metrics"
	"metronome/sim"
	"metronome/workloads"
)

// A Run is what was sent to a live system, and the replies.
type Run struct {
	Requests []workloads.Request   // in order of arrival, from 0
	Measured []*metrics.Completion // of each
}

// FromExchanges returns the run of a session. Requests that failed are left out, as a
// simulated system would serve them.
func FromExchanges(all []*live.Exchange) (r Run, err error) {
	var finished []*live.Exchange
	for _, x := range all {
		if x.Failure == "" {
			finished = append(finished, x)
		}
	}
	if len(finished) == 0 {
		return r, errors.New("calibration: no request has finished")
	}
	slices.SortStableFunc(finished, func(a, b *live.Exchange) int { return int(a.Sent - b.Sent) })
	for id, x := range finished {
		c := x.Completion(nil)
		c.Request.ID = id
		c.Request.Arrival = time.Duration(x.Sent) // the system knows of no schedule
		r.Requests = append(r.Requests, c.Request)
		r.Measured = append(r.Measured, c)
	}
	return r, nil
}

// Simulate returns what becomes of the requests on a cluster under a cost model.
func (r Run) Simulate(ctx context.Context, c sim.Config, cost hardware.CostModel) ([]*metrics.Completion, error) {
	k := &keeper{all: make([]*metrics.Completion, len(r.Requests))}
	c.Source, c.Pools[0].Cost, c.Recorder, c.FirstDeadline = &player{r.Requests}, cost, k, nil
	c.MaxInFlight, c.Timeout = 0, 0
	if err := sim.Run(ctx, c); err != nil {
		return nil, err
	}
	for _, x := range k.all {
		if x.Outcome != metrics.Finished {
			return nil, errors.New("calibration: the simulated system serves not all that the live one did: " + x.Reason)
		}
	}
	return k.all, nil
}

// A player is a source of given requests.
type player struct{ rest []workloads.Request }

func (p *player) Next() (r workloads.Request, ok bool) {
	if len(p.rest) == 0 {
		return r, false
	}
	r, p.rest = p.rest[0], p.rest[1:]
	return r, true
}

// A keeper keeps completions by the number of their request.
type keeper struct{ all []*metrics.Completion }

func (*keeper) Iteration(*metrics.Iteration) {}

func (k *keeper) Finished(c *metrics.Completion) {
	kept := *c
	kept.Own, kept.Steps = slices.Concat(c.Own, c.Steps), nil
	k.all[c.Request.ID] = &kept
}

// residuals appends how far simulated replies are off, as logarithms of ratios: of the
// time to first token, and of the time per later token.
func residuals(r []float64, measured, simulated []*metrics.Completion) []float64 {
	for i, m := range measured {
		s := simulated[i]
		r = append(r, math.Log(ttft(s)/ttft(m)))
		if m.Tokens() > 1 {
			r = append(r, math.Log(tpot(s)/tpot(m)))
		}
	}
	return r
}

// ttft and tpot are in ns, and never 0.
func ttft(c *metrics.Completion) float64 { return float64(max(1, c.First()-c.Request.Arrival)) }

func tpot(c *metrics.Completion) float64 {
	return float64(max(1, c.Last()-c.First())) / float64(c.Tokens()-1)
}
