package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// A bucket that is full at first lets in what a plain count of tokens does.
func TestBucketAdmitsWhatItsLawSays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		period, burst := time.Duration(1+r.IntN(1000)), 1+r.IntN(10)
		b := bucket{period: period, depth: time.Duration(burst) * period}
		level, now := b.depth, time.Duration(0) // tokens, in periods
		for range 300 {
			pause := time.Duration(r.IntN(int(2 * period)))
			now += pause
			level = min(level+pause, b.depth)
			want := level >= period
			if want {
				level -= period
			}
			if got := b.take(now); got != want {
				t.Fatalf("period %d, burst %d: at %d a request is let in: %v, by count %v", period, burst, now, got, want)
			}
		}
	}
}

// However slowly a bucket fills, and however much it holds, it lets in its burst and then
// no more.
func TestExtremeBucketsKeepTheirLaw(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		burst int
		in    int // of 100 requests within a second
	}{{1e-30, 1, 1}, {1e-30, 7, 7}, {1e-9, 7, 7}, {0.1, 1 << 30, 100}, {1e9, 1, 100}} {
		b, in := newBucket(c.rate, c.burst), 0
		for i := range 100 {
			if b.take(time.Duration(i) * 10 * time.Millisecond) {
				in++
			}
		}
		if in != c.in {
			t.Errorf("%v per second and bursts of %d: %d of 100 are let in, want %d", c.rate, c.burst, in, c.in)
		}
	}
}

// regular yields n requests at equal distances.
type regular struct {
	n, prompt, output int
	gap               time.Duration
	next              int
}

func (s *regular) Next() (workloads.Request, bool) {
	if s.next == s.n {
		return workloads.Request{}, false
	}
	s.next++
	return workloads.Request{ID: s.next - 1, Arrival: time.Duration(s.next) * s.gap, PromptTokens: s.prompt, OutputTokens: s.output}, true
}

// fleetCount counts the replicas that are provisioned, and the outcomes.
type fleetCount struct {
	on, most int
	outcomes map[metrics.Outcome]int
	inTime   int
	last     time.Duration
}

func (*fleetCount) Iteration(*metrics.Iteration) {}
func (f *fleetCount) Finished(c *metrics.Completion) {
	f.outcomes[c.Outcome]++
	f.last = max(f.last, c.Finish)
	if c.Outcome == metrics.Finished && c.First() <= c.Deadline {
		f.inTime++
	}
}
func (f *fleetCount) Fleet(_ time.Duration, _, delta int) {
	f.on += delta
	f.most = max(f.most, f.on)
}

// A replica that is slow by a factor takes that much longer for the iterations that
// it begins meanwhile.
func TestSlowReplicaTakesLongerByItsFactor(t *testing.T) {
	for _, c := range []struct {
		slow []Slowdown
		want time.Duration
	}{
		{nil, 100},
		{[]Slowdown{{Factor: 3}}, 300},
		{[]Slowdown{{Factor: 3, For: 30 * time.Millisecond}}, 10*3 + 90},
		{[]Slowdown{{Factor: 3}, {Factor: 2}}, 300},
		{[]Slowdown{{Factor: 3}, {Factor: 4, For: 40 * time.Millisecond}}, 10*4 + 90*3},
	} {
		watch := &fleetCount{outcomes: map[metrics.Outcome]int{}}
		config := benchConfig("vllm", 64, 64, &list{[]workloads.Request{{PromptTokens: 1, OutputTokens: 100, Arrival: 1}}}, watch)
		config.Pools[0].Cost, config.Faults.Slow = constantCost(time.Millisecond), c.slow
		serve(t, config)
		if got := (watch.last - 1).Round(10 * time.Millisecond); got != c.want*time.Millisecond {
			t.Errorf("%v: a reply takes %v, want %v", c.slow, got, c.want*time.Millisecond)
		}
	}
}

// A replica that crashes is down for the share repair / (MTBF + repair) of the time.
func TestReplicasAreUpAsOftenAsTheRatesSay(t *testing.T) {
	const mtbf, repair = 20 * time.Second, 5 * time.Second
	watch := &fleetCount{outcomes: map[metrics.Outcome]int{}}
	c := benchConfig("vllm", 64, 64, &regular{n: 20_000, prompt: 1, output: 1, gap: time.Second}, watch)
	c.Pools[0].Replicas, c.Pools[0].Cost = 5, constantCost(time.Millisecond)
	c.Faults = Faults{MTBF: mtbf, Repair: repair, Retries: 3, Rand: rand.New(rand.NewPCG(1, 2))}
	f, looks, down := newFeed(c), 0, 0
	var look func(time.Duration)
	look = func(now time.Duration) {
		for _, l := range f.loads {
			looks++
			if l.Down {
				down++
			}
		}
		f.agenda.add(now+time.Second, look)
	}
	f.agenda.add(0, look)
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := float64(down)/float64(looks), 0.2; math.Abs(got/want-1) > 0.05 {
		t.Errorf("replicas are down for %.4f of the time, closed form %.4f", got, want)
	}
	if watch.outcomes[metrics.Finished] != 20_000 {
		t.Errorf("outcomes %v", watch.outcomes)
	}
}

// At twice the load that a replica can take, all requests are late sooner or later.
// Shedding those that would be late keeps most of the others in time, and below the
// capacity it leaves all alone.
func TestSheddingLateRequestsKeepsTheOthersInTime(t *testing.T) {
	run := func(rate float64, deadlines bool) *fleetCount {
		watch := &fleetCount{outcomes: map[metrics.Outcome]int{}}
		src := &drawn{n: 4000, rate: rate, prompt: upTo(2000), output: upTo(20), rand: rand.New(rand.NewPCG(7, 7))}
		c := benchConfig("vllm", 512, 256, src, watch)
		c.Pools[0].Cost = h100Like{}
		c.FirstDeadline = func(workloads.Request) time.Duration { return 2 * time.Second }
		c.Admission.Deadlines = deadlines
		serve(t, c).checkEmpty(t)
		return watch
	}
	if low := run(25, true); low.outcomes[metrics.Shed] > 0 {
		t.Errorf("below capacity %d requests are shed", low.outcomes[metrics.Shed])
	}
	open, shed := run(100, false), run(100, true)
	t.Logf("of 4000 in time: %d without shedding, %d with, of %d let in", open.inTime, shed.inTime, shed.outcomes[metrics.Finished])
	if shed.inTime < 2*open.inTime || shed.inTime < shed.outcomes[metrics.Finished]*8/10 {
		t.Errorf("in time: %d without shedding, %d with, of %d let in", open.inTime, shed.inTime, shed.outcomes[metrics.Finished])
	}
}
