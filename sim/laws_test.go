package sim

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/scheduler"
	"metronome/workloads"
)

type constantCost time.Duration

func (c constantCost) IterationTime(hardware.Shape) time.Duration { return time.Duration(c) }

// With one slot, one token per request and iterations of one length, a replica
// is an M/D/1 queue, whose mean wait is ρD / (2(1 − ρ)).
func TestOneSlotIsAQueueWithFixedService(t *testing.T) {
	const service, load = 10 * time.Millisecond, 0.8
	src := &drawn{n: 400_000, rate: load / service.Seconds(), prompt: fixed(1), output: fixed(1), rand: rand.New(rand.NewPCG(3, 3))}
	wait := new(waits)
	c := benchConfig("vllm", 1, 1, src, wait)
	c.Pools[0].Cost = constantCost(service)
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	got, want := wait.mean(), load*service.Seconds()/(2*(1-load))
	if math.Abs(got/want-1) > 0.03 {
		t.Errorf("mean wait %.4f s, closed form %.4f s", got, want)
	}
}

type waits struct {
	sum time.Duration
	n   int
}

func (*waits) Iteration(*metrics.Iteration) {}

func (w *waits) Finished(c *metrics.Completion) { w.sum += c.Admitted - c.Request.Arrival; w.n++ }

func (w *waits) mean() float64 { return w.sum.Seconds() / float64(w.n) }

// A replica whose slots are always taken gives slots ÷ iteration time tokens.
func TestSaturatedThroughputIsBatchOverIterationTime(t *testing.T) {
	const slots, output = 32, 500
	src := &drawn{n: 40 * slots, rate: 1e12, prompt: fixed(1), output: fixed(output), rand: rand.New(rand.NewPCG(3, 3))}
	last := new(lastFinish)
	c := benchConfig("vllm", 2*slots, slots, src, last)
	c.Pools[0].Cost = constantCost(time.Millisecond)
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if want := 40 * output * time.Millisecond; last.at != want {
		t.Errorf("the last reply ends at %v, want %v", last.at, want)
	}
}

type lastFinish struct{ at time.Duration }

func (*lastFinish) Iteration(*metrics.Iteration)     {}
func (l *lastFinish) Finished(c *metrics.Completion) { l.at = max(l.at, c.Finish) }

// Batches of equal length fill a pipeline: every stage always works, so that a
// batch ends once per stage time, though each takes as long as without stages.
func TestPipelineEndsABatchPerStageTime(t *testing.T) {
	const stages, slots, output = 4, 8, 100
	src := &drawn{n: stages * slots, rate: 1e12, prompt: fixed(1), output: fixed(output), rand: rand.New(rand.NewPCG(3, 3))}
	last := new(lastFinish)
	c := benchConfig("vllm", 64, stages*slots, src, last)
	c.Pools[0].Pipeline, c.Pools[0].Cost = stages, constantCost(8*time.Millisecond)
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if want := output*8*time.Millisecond + (stages-1)*2*time.Millisecond; last.at != want {
		t.Errorf("the last reply ends at %v, want %v", last.at, want)
	}
}

// A ledger checks what holds for every request, whatever the policy.
type ledger struct {
	t        *testing.T
	finished map[int]bool
	lastEnd  map[[2]int]time.Duration // by replica and lane
	retries  int
	reasons  map[int]string // of those that failed
}

func (l *ledger) Iteration(it *metrics.Iteration) {
	lane := [2]int{it.Replica, it.Lane}
	if it.Start < l.lastEnd[lane] || it.End <= it.Start {
		l.t.Errorf("lane %v: iteration from %v to %v after one that ended at %v", lane, it.Start, it.End, l.lastEnd[lane])
	}
	l.lastEnd[lane] = it.End
	if it.UsedBlocks < 0 || it.UsedBlocks > it.TotalBlocks || it.Waiting < 0 || it.StepGaps+len(it.OwnGaps) < it.Shape.Decodes {
		l.t.Errorf("impossible iteration %+v", *it)
	}
}

func (l *ledger) Finished(c *metrics.Completion) {
	id := c.Request.ID
	if l.finished[id] {
		l.t.Errorf("request %d has ended twice", id)
	}
	l.finished[id] = true
	l.retries += c.Retries
	if c.Outcome == metrics.Rejected || c.Outcome == metrics.Shed {
		if c.Reason == "" || c.Tokens() != 0 {
			l.t.Errorf("request %d was %v for %q after %d tokens", id, c.Outcome, c.Reason, c.Tokens())
		}
		return
	}
	if c.Outcome == metrics.Failed {
		if l.reasons != nil {
			l.reasons[id] = c.Reason
		}
		if c.Reason == "" || c.Tokens() > c.Request.OutputTokens {
			l.t.Errorf("request %d failed for %q after %d tokens of %d", id, c.Reason, c.Tokens(), c.Request.OutputTokens)
		}
		return
	}
	if c.Tokens() != c.Request.OutputTokens || c.Last() != c.Finish ||
		c.Admitted < c.Request.Arrival || c.First() <= c.Admitted || c.Finish < c.First() {
		l.t.Errorf("request %d: arrival %v, admission %v, first token %v, finish %v, %d tokens of %d",
			id, c.Request.Arrival, c.Admitted, c.First(), c.Finish, c.Tokens(), c.Request.OutputTokens)
	}
}

func TestNothingIsLostAndTimeGoesForward(t *testing.T) {
	for _, kind := range scheduler.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			for seed := range uint64(60) {
				c := randomSetting(kind.Name, seed)
				l := &ledger{t: t, finished: map[int]bool{}, lastEnd: map[[2]int]time.Duration{}}
				config := c.config(l)
				config.Pools[0].Replicas = 1 + int(seed%4)
				config.Pools[0].inStages(1 + int(seed/4%3))
				all := scheduler.Routers()
				config.Router = all[int(seed)%len(all)].New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 9)))
				config.Staleness = time.Duration(seed%3) * 20 * time.Millisecond
				if err := Run(context.Background(), config); err != nil {
					t.Fatalf("%+v: %v", c, err)
				}
				answered := 0
				for range l.finished {
					answered++
				}
				if answered != c.Requests {
					t.Fatalf("%+v: %d requests ended of %d", c, answered, c.Requests)
				}
				if t.Failed() {
					t.Fatalf("in %+v", c)
				}
			}
		})
	}
}

func TestSameSeedSameRun(t *testing.T) {
	for _, kind := range scheduler.Kinds() {
		c := randomSetting(kind.Name, 11)
		a, b := newLives(), newLives()
		for _, l := range []*lives{a, b} {
			if err := Run(context.Background(), c.config(l)); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: two runs of the same setting differ", kind.Name)
		}
	}
}

// users is a closed loop: each user sends its next request a while after the
// reply to the last one.
type users struct {
	count, requests int
	think           time.Duration
	sent            int
}

func (u *users) request(at time.Duration) workloads.Request {
	u.sent++
	return workloads.Request{ID: u.sent - 1, Arrival: at, PromptTokens: 1, OutputTokens: 1}
}

func (u *users) Next() (workloads.Request, bool) {
	if u.sent == u.count {
		return workloads.Request{}, false
	}
	return u.request(0), true
}

func (u *users) FollowUp(_ workloads.Request, now time.Duration) (workloads.Request, bool) {
	if u.sent == u.requests {
		return workloads.Request{}, false
	}
	return u.request(now + u.think), true
}

// In a closed loop whose users never wait for each other, a cycle takes think
// time plus service, however many replicas and however far they run ahead.
func TestClosedLoopCyclesInThinkTimePlusService(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		src := &users{count: 6, requests: 600, think: 35 * time.Millisecond}
		last := new(lastFinish)
		c := benchConfig("vllm", 64, 64, src, last)
		c.Pools[0].Replicas, c.Pools[0].Cost = replicas, constantCost(10*time.Millisecond)
		if err := Run(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		if want := 99*(35+10)*time.Millisecond + 10*time.Millisecond; last.at != want {
			t.Errorf("%d replicas: the last reply ends at %v, want %v", replicas, last.at, want)
		}
	}
}

// A limit of requests in flight turns a flood into a closed loop of that size.
func TestLimitOfRequestsInFlightHoldsClientsBack(t *testing.T) {
	src := &drawn{n: 100, rate: 1e12, prompt: fixed(1), output: fixed(1), rand: rand.New(rand.NewPCG(3, 3))}
	most := new(mostRunning)
	c := benchConfig("vllm", 64, 64, src, most)
	c.MaxInFlight, c.Pools[0].Cost = 5, constantCost(time.Millisecond)
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if most.running != 5 || most.end != 20*time.Millisecond {
		t.Errorf("at most %d in flight until %v, want 5 until 20ms", most.running, most.end)
	}
}

type mostRunning struct {
	running int
	end     time.Duration
}

func (m *mostRunning) Iteration(it *metrics.Iteration) {
	m.running, m.end = max(m.running, it.Running+it.Waiting), it.End
}
func (*mostRunning) Finished(*metrics.Completion) {}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	src := &drawn{n: 1 << 40, rate: 100, prompt: fixed(10), output: fixed(100), rand: rand.New(rand.NewPCG(3, 3))}
	c := benchConfig("vllm", 64, 64, src, &stopper{stop: stop})
	if err := Run(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v, want a canceled context", err)
	}
}

type stopper struct {
	stop context.CancelFunc
	n    int
}

func (*stopper) Iteration(*metrics.Iteration) {}
func (s *stopper) Finished(*metrics.Completion) {
	if s.n++; s.n == 1000 {
		s.stop()
	}
}

// A policy that never admits anything is caught, not waited for.
func TestStalledPolicyIsAnError(t *testing.T) {
	src := &drawn{n: 3, rate: 100, prompt: fixed(10), output: fixed(100), rand: rand.New(rand.NewPCG(3, 3))}
	c := benchConfig("vllm", 64, 64, src, new(waits))
	c.Pools[0].Policy = func() scheduler.Policy { return idle{} }
	if err := Run(context.Background(), c); err == nil {
		t.Error("a stalled policy went unnoticed")
	}
}

type idle struct{}

func (idle) Add(*scheduler.Sequence)   {}
func (idle) Schedule(*scheduler.Batch) {}

func TestLonePrefillIsTheSumOfItsChunks(t *testing.T) {
	const budget, longest = 64, 1000
	prefill := LonePrefill(plainCost{}, budget, longest)
	for prompt := 1; prompt <= longest; prompt++ {
		want := time.Duration(0)
		for cached := 0; cached < prompt; cached += budget {
			want += chunkTime(plainCost{}, min(budget, prompt-cached), cached)
		}
		if got := prefill(prompt); got != want {
			t.Fatalf("prompt of %d tokens: %v, chunk by chunk %v", prompt, got, want)
		}
	}
}
