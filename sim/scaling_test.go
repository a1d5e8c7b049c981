package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// Requests that come at a constant rate and stay for a constant time are as many as
// rate times time (Little), and ask for as many replicas as hold them at the target.
func TestScalingReachesTheClosedForm(t *testing.T) {
	const service, slots, output = 10 * time.Millisecond, 10, 100 // a reply takes a second
	for _, rate := range []int{7, 23, 52, 95} {
		for _, start := range []int{1, 20} {
			watch := &fleetCount{outcomes: map[metrics.Outcome]int{}}
			src := &regular{n: 150 * rate, prompt: 1, output: output, gap: time.Second / time.Duration(rate)}
			c := benchConfig("vllm", 64, slots, src, watch)
			p := &c.Pools[0]
			p.Replicas, p.Cost = 20, constantCost(service)
			p.Scaling = &Scaling{Min: 1, Start: start, Interval: time.Second, Delay: 2 * time.Second, DownAfter: 5 * time.Second, Rule: Utilisation(0.55)}
			serve(t, c).checkEmpty(t)
			want := int(math.Ceil(float64(rate) / (0.55 * slots)))
			if watch.on != want || watch.outcomes[metrics.Finished] != src.n {
				t.Errorf("%d/s from %d replicas: %d replicas in the end, closed form %d; outcomes %v", rate, start, watch.on, want, watch.outcomes)
			}
		}
	}
}

func TestRulesAskForWhatTheirLawsSay(t *testing.T) {
	d := func(replicas, waiting, running, used int) Demand {
		return Demand{Replicas: replicas, Waiting: waiting, Running: running, UsedBlocks: used, Slots: 10, Blocks: 100}
	}
	for _, c := range []struct {
		rule Rule
		load Demand
		want int
	}{
		{Utilisation(0.5), d(1, 0, 0, 0), 0}, {Utilisation(0.5), d(1, 2, 8, 0), 2}, {Utilisation(0.5), d(9, 3, 8, 0), 3}, {Utilisation(0.7), d(1, 0, 7, 0), 1},
		{KVUse(0.5), d(1, 99, 99, 100), 2}, {KVUse(0.5), d(1, 0, 0, 101), 3}, {KVUse(0.7), d(3, 0, 0, 70), 1},
		{QueueLength(4), d(2, 8, 20, 0), 2}, {QueueLength(4), d(2, 9, 20, 0), 3}, {QueueLength(4), d(2, 0, 10, 0), 1}, {QueueLength(4), d(2, 0, 11, 0), 2}, {QueueLength(4), d(2, 1, 0, 0), 2},
	} {
		if got := c.rule.Replicas(c.load); got != c.want {
			t.Errorf("%T %v asks for %d replicas under %+v, want %d", c.rule, c.rule, got, c.load, c.want)
		}
	}
}

// A diary keeps how replicas stand, and what runs on them.
type diary struct {
	fleetCount
	standings []metrics.Standing
	runs      map[int][]time.Duration // by replica, when iterations end
	changes   map[time.Duration]int
}

func (d *diary) Standing(s *metrics.Standing) { d.standings = append(d.standings, *s) }
func (d *diary) Iteration(it *metrics.Iteration) {
	d.runs[it.Replica] = append(d.runs[it.Replica], it.End)
}
func (d *diary) Fleet(at time.Duration, pool, delta int) {
	d.fleetCount.Fleet(at, pool, delta)
	if at > 0 {
		d.changes[at] += delta
	}
}

// after returns the standing of a replica that follows one.
func (d *diary) after(i int) (s metrics.Standing, found bool) {
	for _, s := range d.standings[i+1:] {
		if s.Replica == d.standings[i].Replica {
			return s, true
		}
	}
	return s, false
}

// A replica that is turned on is paid for at once and serves after the delay; one that
// is turned off is done with its requests first.
func TestReplicasComeAfterADelayAndGoWhenTheyAreDone(t *testing.T) {
	const delay = 2300 * time.Millisecond
	for _, rule := range []Rule{Utilisation(0.5), KVUse(0.5), QueueLength(2)} {
		d := &diary{fleetCount: fleetCount{outcomes: map[metrics.Outcome]int{}}, runs: map[int][]time.Duration{}, changes: map[time.Duration]int{}}
		requests := (&drawn{n: 2000, rate: 60, prompt: fixed(1), output: fixed(100), rand: rand.New(rand.NewPCG(3, 3))})
		calm := &regular{n: 200, prompt: 1, output: 100, gap: 500 * time.Millisecond}
		c := benchConfig("vllm", 64, 10, &inTurn{first: requests, then: calm}, d)
		p := &c.Pools[0]
		p.Replicas, p.Cost, p.BlockSize, p.Blocks = 8, constantCost(10*time.Millisecond), 1, 1010
		p.Scaling = &Scaling{Min: 1, Start: 1, Interval: time.Second, Delay: delay, DownAfter: 3 * time.Second, Rule: rule}
		serve(t, c).checkEmpty(t)
		started, drained := 0, 0
		for i, s := range d.standings {
			next, found := d.after(i)
			switch {
			case s.Down == "starting":
				if started++; d.changes[s.At] < 1 || !found || next.Down == "" && next.At != s.At+delay {
					t.Errorf("%T: replica %d starts at %v and is %q at %v; then %d are turned on", rule, s.Replica, s.At, next.Down, next.At, d.changes[s.At])
				}
			case s.Down == "draining" && found && next.Down == "off":
				drained++
				runs := d.runs[s.Replica]
				at, _ := slices.BinarySearch(runs, s.At+1)
				if last := min(at, len(runs)-1); at < len(runs) && next.At != lastUntil(runs, next.At) || d.changes[next.At] > -1 {
					t.Errorf("%T: replica %d drains from %v to %v, and runs until %v", rule, s.Replica, s.At, next.At, runs[last:])
				}
			}
		}
		if d.outcomes[metrics.Finished] != 2200 || started < 3 || drained < 3 || d.on != 1 {
			t.Errorf("%T: %d replicas started, %d drained, %d are left; outcomes %v", rule, started, drained, d.on, d.outcomes)
		}
	}
}

// lastUntil returns the last of ascending times up to one.
func lastUntil(times []time.Duration, until time.Duration) (last time.Duration) {
	for _, t := range times {
		if t <= until {
			last = t
		}
	}
	return last
}

// inTurn yields the requests of a source after those of another.
type inTurn struct {
	first, then workloads.Source
	id          int
	last        time.Duration
	over        time.Duration // of the first
}

func (s *inTurn) Next() (workloads.Request, bool) {
	if s.first != nil {
		if r, ok := s.first.Next(); ok {
			r.ID, s.last = s.id, r.Arrival
			s.id++
			return r, true
		}
		s.first, s.over = nil, s.last
	}
	r, ok := s.then.Next()
	r.ID, r.Arrival = s.id, r.Arrival+s.over
	s.id++
	return r, ok
}
