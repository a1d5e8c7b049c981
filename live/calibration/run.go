// Package calibration fits the time of iterations to replies of a live system: it
// simulates what was sent, under the policy that the system has, and looks for the law
// under which the replies come out as they were measured.
package calibration

import (
	"cmp"
	"context"
	"errors"
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

// Simulate returns what becomes of the requests on a cluster under a cost model, as
// their clients see it: requests come to the cluster later than they were sent, by what
// the engine takes for each of them.
func (r Run) Simulate(ctx context.Context, c sim.Config, cost hardware.CostModel, engine *hardware.Engine) ([]*metrics.Completion, error) {
	k := &keeper{all: make([]*metrics.Completion, len(r.Requests))}
	c.Source, c.Pools[0].Cost, c.Recorder, c.FirstDeadline = &player{r.delayed(engine)}, cost, k, nil
	c.MaxInFlight, c.Timeout = 0, 0
	if err := sim.Run(ctx, c); err != nil {
		return nil, err
	}
	for i, x := range k.all {
		if x.Outcome != metrics.Finished {
			return nil, errors.New("calibration: the simulated system serves not all that the live one did: " + x.Reason)
		}
		x.Request.Arrival = r.Requests[i].Arrival
	}
	return k.all, nil
}

// delayed returns the requests as they come to the cluster, in that order.
func (r Run) delayed(engine *hardware.Engine) []workloads.Request {
	all := slices.Clone(r.Requests)
	for i := range all {
		all[i].Arrival += engine.RequestDelay(all[i].PromptTokens)
	}
	slices.SortStableFunc(all, func(a, b workloads.Request) int { return cmp.Compare(a.Arrival, b.Arrival) })
	return all
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

// ratios appends how many times as long as simulated the measured replies took: to the
// first token, and per later token.
func ratios(r []float64, measured, simulated []*metrics.Completion) []float64 {
	for i, m := range measured {
		s := simulated[i]
		r = append(r, ttft(m)/ttft(s))
		if m.Tokens() > 1 {
			r = append(r, tpot(m)/tpot(s))
		}
	}
	return r
}

// ttft and tpot are in ns, and never 0.
func ttft(c *metrics.Completion) float64 { return float64(max(1, c.First()-c.Request.Arrival)) }

func tpot(c *metrics.Completion) float64 {
	return float64(max(1, c.Last()-c.First())) / float64(c.Tokens()-1)
}
